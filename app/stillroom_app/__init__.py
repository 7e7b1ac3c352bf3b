"""The workbench in the browser: pages over the runs, studies and jobs that the engine keeps in a workspace."""
