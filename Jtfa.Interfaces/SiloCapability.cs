namespace Jtfa.Interfaces;

/// <summary>What a silo can do with language models, as it measured itself.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.SiloCapability")]
public sealed record SiloCapability
{
    /// <summary>The silo's name.</summary>
    [Id(0)] public required string Silo { get; init; }

    /// <summary>Memory that weights and pages of all its models may take, in bytes.</summary>
    [Id(1)] public required long Bytes { get; init; }

    /// <summary>Threads that compute.</summary>
    [Id(2)] public required int Threads { get; init; }

    /// <summary>The format of the weights that it was measured with, such as Q4_0.</summary>
    [Id(3)] public required string Format { get; init; }

    /// <summary>Bytes of weights that all its threads read in a second while they compute one text token.</summary>
    [Id(4)] public required double ReadBytesPerSecond { get; init; }

    /// <summary>Multiplications with addition of all its threads in a second, for many text tokens at once.</summary>
    [Id(5)] public required double ProductsPerSecond { get; init; }
}

/// <summary>The way from one silo to another, measured by calls of grains.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.SiloWay")]
public sealed record SiloWay
{
    /// <summary>The silo that called.</summary>
    [Id(0)] public required string From { get; init; }

    /// <summary>The silo that answered.</summary>
    [Id(1)] public required string To { get; init; }

    /// <summary>Seconds of a small call, there and back: the median of a few.</summary>
    [Id(2)] public required double RoundTripSeconds { get; init; }

    /// <summary>Bytes a second that large calls add.</summary>
    [Id(3)] public required double BytesPerSecond { get; init; }
}
