"""What stands before the pages: who may come in, under which name, with how much, and what browsers are told.

Plain ASGI pieces, each on its own; `stillroom_app.server` puts them in order. They know no page.
"""
