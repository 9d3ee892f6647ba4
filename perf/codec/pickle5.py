"""Pickle 5 with its buffers out of band, on 100 arrays of 10,000 doubles: a line of JSON with nanoseconds to dump and to load."""

import json
import pickle
import statistics
import time

import numpy

value = [numpy.sqrt(numpy.arange(i, i + 10_000) + 0.5) for i in range(100)]


def dump():
    buffers = []
    return pickle.dumps(value, protocol=5, buffer_callback=buffers.append), buffers


message, buffers = dump()


def median(call):
    times = []
    for _ in range(300):
        start = time.perf_counter_ns()
        for _ in range(10):
            call()
        times.append((time.perf_counter_ns() - start) / 10)
    return statistics.median(times)


print(json.dumps([median(dump), median(lambda: pickle.loads(message, buffers=buffers))]))
