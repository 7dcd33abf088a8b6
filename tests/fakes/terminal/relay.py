"""Runs a command on a pseudo-terminal of the given size and joins it to standard input and output."""
import fcntl, os, pty, select, struct, sys, termios

columns, rows, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(command[0], command)
sources = [0, master]
while True:
    ready, _, _ = select.select(sources, [], [])
    try:
        if 0 in ready:
            keys = os.read(0, 65536)
            if not keys:
                os.close(master)
                break
            os.write(master, keys)
        if master in ready:
            shown = os.read(master, 65536)
            if not shown:
                break
            os.write(1, shown)
    except OSError:
        break
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
