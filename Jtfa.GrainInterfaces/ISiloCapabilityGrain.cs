using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>What a silo can do with language models. Key: the silo's name; it is on that silo.</summary>
[Alias("Jtfa.ISiloCapabilityGrain")]
public interface ISiloCapabilityGrain : IGrainWithStringKey
{
    /// <summary>
    /// What the silo can do. The first call for a format measures it, in less than two seconds; later ones are told the same.
    /// </summary>
    /// <param name="format">The format of the weights, such as Q4_0.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    [Alias("GetCapability")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:30")]
    Task<SiloCapability> GetCapabilityAsync(string format, CancellationToken cancellationToken = default);

    /// <summary>Measures the ways to other silos, those that were not measured for a while. One that does not answer is left out.</summary>
    /// <param name="silos">The other silos' names.</param>
    /// <param name="bytes">Bytes of a hidden state.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    [Alias("GetWays")]
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    Task<SiloWay[]> GetWaysAsync(string[] silos, int bytes, CancellationToken cancellationToken = default);

    /// <summary>Answers with what it is given.</summary>
    [Alias("Echo")]
    [AlwaysInterleave]
    Task<byte[]> EchoAsync(byte[] bytes, CancellationToken cancellationToken = default);
}
