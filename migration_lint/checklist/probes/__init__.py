"""Who is asked: files, commands, servers. A probe raises `Unanswered` where it gets no answer."""
