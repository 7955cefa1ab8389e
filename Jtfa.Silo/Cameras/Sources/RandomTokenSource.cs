namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Tokens of independent standard normal values, a function of seed, view and tick; their label is −1.</summary>
/// <param name="dimension">Length of a token.</param>
/// <param name="seed">Chooses the sequence.</param>
/// <param name="view">The view number: views of one seed differ.</param>
/// <param name="time">Tells when a token is taken: when it is asked for.</param>
public sealed class RandomTokenSource(int dimension, int seed, int view, TimeProvider time) : IFrameSource
{
    private readonly float[] _token = new float[dimension];
    private readonly ulong _seed = SampleOrder.Seed(seed, view);

    /// <inheritdoc/>
    public ValueTask<Sample?> NextAsync(long tick, CancellationToken cancellationToken)
    {
        var takenAt = CaptureTime.Now(time);
        var gaussian = new Gaussian(SampleOrder.Seed((long)_seed, tick));
        foreach (ref var value in _token.AsSpan()) value = gaussian.Next();
        return ValueTask.FromResult<Sample?>(new Sample(takenAt, -1, null, _token));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
