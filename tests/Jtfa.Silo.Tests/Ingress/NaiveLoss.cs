using System.Numerics;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>
/// What a view has lost by its sequence numbers, told as plainly as it can be: every number received is kept. A view that was silent for
/// more than 5 s, jumped more than 10,000 ahead or fell 64 or more behind has begun anew.
/// </summary>
internal sealed class NaiveLoss
{
    private BigInteger _before;
    private BigInteger _first;
    private BigInteger _highest;
    private HashSet<BigInteger>? _received;
    private double _lastAt;

    public BigInteger Lost => _before + InThisRun;

    private BigInteger InThisRun => _received is null ? 0 : _highest - _first + 1 - _received.Count;

    public void Count(long? sequence, double now)
    {
        if (sequence is { } number) Count((BigInteger)number, now - _lastAt > 5);
        _lastAt = now;
    }

    private void Count(BigInteger number, bool wasSilent)
    {
        if (_received is null || wasSilent || number - _highest > 10_000 || number - _highest <= -64)
        {
            _before += InThisRun;
            (_first, _highest, _received) = (number, number, [number]);
        }
        else
        {
            _highest = BigInteger.Max(_highest, number);
            if (number >= _first) _received.Add(number);
        }
    }
}
