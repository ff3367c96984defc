# A service in Python: a worker that it does not wait for (an orphan's story),
# a handler that ends it in order.
import os, signal, sys, time

def end(number, frame):
    print("python ends", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
child = os.fork()
if child == 0:
    if os.fork() == 0:
        time.sleep(0.2)
    os._exit(0)
os.waitpid(child, 0)
print("up", flush=True)
while True:
    time.sleep(60)
