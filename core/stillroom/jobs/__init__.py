"""Jobs: each a command of ours in a process of its own. The job's folder is the truth; the index only finds it."""
