using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>What this silo can do with language models: implemented by the silo. What takes time takes none of the caller's turn.</summary>
public interface ISiloCapabilities
{
    /// <summary>What the silo can do with weights of a format; measured once.</summary>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    Task<SiloCapability> OfAsync(string format, CancellationToken cancellationToken);

    /// <summary>The ways to other silos.</summary>
    Task<SiloWay[]> WaysAsync(string[] silos, int bytes, CancellationToken cancellationToken);
}

/// <summary>This silo, as others plan with it.</summary>
[NamedSiloPlacement]
public sealed class SiloCapabilityGrain(ISiloCapabilities capabilities) : Grain, ISiloCapabilityGrain
{
    /// <inheritdoc />
    public Task<SiloCapability> GetCapabilityAsync(string format, CancellationToken cancellationToken) =>
        capabilities.OfAsync(format, cancellationToken);

    /// <inheritdoc />
    public Task<SiloWay[]> GetWaysAsync(string[] silos, int bytes, CancellationToken cancellationToken) =>
        capabilities.WaysAsync(silos, bytes, cancellationToken);

    /// <inheritdoc />
    public Task<byte[]> EchoAsync(byte[] bytes, CancellationToken cancellationToken) => Task.FromResult(bytes);
}
