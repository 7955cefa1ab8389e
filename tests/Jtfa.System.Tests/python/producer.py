"""A camera as the published JTFA scripts write one: numpy and msgpack, none of this project's code.

Usage: producer.py PORT VIEW MODE START < labels, one a line

Sends one token a label, the i-th captured in the middle of window START + i of width 0.1 s. A token of label c points along axis c,
with noise.
"""

import socket
import sys
import time

import msgpack
import numpy as np

D = 16
WIDTH = 0.1


def main():
    port, view, mode, start = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    labels = [int(line) for line in sys.stdin]
    noise = np.random.RandomState(view)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i, label in enumerate(labels):
        z = (noise.standard_normal(D) * 0.1).astype(np.float32)
        z[label] += 3
        sock.sendto(packet(z, view, mode, (start + i) * WIDTH, seed=5000 + i, label=label), ("127.0.0.1", port))
        time.sleep(0.001)
    print(len(labels))


def packet(z, view, mode, ts, seed, label):
    q, meta = encode(z, mode, seed)
    return msgpack.packb(
        {"ts": ts, "producer_id": view, "mode": mode, "d": D, "meta": meta, "q": q.tobytes(), "label": label}, use_bin_type=True)


def encode(z, mode, seed):
    rng = np.random.RandomState(seed)
    if mode == "plain":
        q, scale = quantise(z)
        return q, {"enc": mode, "seed": seed, "scale": scale}
    if mode == "psmix":
        perm = rng.permutation(D)
        sign = (rng.randint(0, 2, D) * 2 - 1).astype(np.float32)
        q, scale = quantise((z * sign)[perm])
        return q, {"enc": mode, "seed": seed, "scale": scale, "d": D}
    n2 = 1 << (D - 1).bit_length()
    diag = (rng.randint(0, 2, n2) * 2 - 1).astype(np.float32)
    padded = np.zeros(n2, np.float32)
    padded[:D] = z
    q, scale = quantise(walsh_hadamard(padded * diag)[:D])
    return q, {"enc": mode, "seed": seed, "scale": scale, "d": D, "n2": n2}


def quantise(values):
    scale = (float(np.abs(values).max()) + 1e-8) / 127.0
    return np.clip(np.round(values / scale), -127, 127).astype(np.int8), scale


def walsh_hadamard(values):
    values = values.copy()
    h = 1
    while h < len(values):
        for i in range(0, len(values), 2 * h):
            a, b = values[i:i + h].copy(), values[i + h:i + 2 * h].copy()
            values[i:i + h], values[i + h:i + 2 * h] = a + b, a - b
        h *= 2
    return values


if __name__ == "__main__":
    main()
