"""Each file is the script of one page, named as in its address: it reads what is chosen, asks services, and draws."""
