namespace Jtfa.Language.Planning;

/// <summary>Silos that may have parts of a model, and the ways between them, as they were measured.</summary>
public sealed record MeasuredSilos
{
    /// <summary>The silos.</summary>
    public required IReadOnlyList<SiloSpeed> Silos { get; init; }

    /// <summary>Ways that were measured, each in both directions.</summary>
    public IReadOnlyList<SiloLink> Links { get; init; } = [];

    /// <summary>The round trip of a way that was not measured, in seconds.</summary>
    public double RoundTripSeconds { get; init; } = 0.001;

    /// <summary>Bytes a second of a way that was not measured: those of Ethernet of 1 Gbit/s.</summary>
    public double BytesPerSecond { get; init; } = 1.25e8;

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (Silos.Count == 0) yield return "there is no silo: allowed is one or more";
        foreach (var silo in Silos)
        {
            if (string.IsNullOrWhiteSpace(silo.Silo)) yield return "a silo has no name: allowed is a name";
            if (silo.Bytes < 0) yield return $"silo {silo.Silo}: bytes {silo.Bytes}: allowed is 0 or more";
            if (!IsSpeed(silo.ReadBytesPerSecond))
                yield return $"silo {silo.Silo}: readBytesPerSecond {silo.ReadBytesPerSecond}: allowed is a number above 0";
            if (!IsSpeed(silo.ProductsPerSecond))
                yield return $"silo {silo.Silo}: productsPerSecond {silo.ProductsPerSecond}: allowed is a number above 0";
        }

        foreach (var twin in Silos.GroupBy(silo => silo.Silo).Where(group => group.Count() > 1))
            yield return $"silo {twin.Key} is there {twin.Count()} times: allowed is each once";
        foreach (var link in Links)
        {
            if (!(link.RoundTripSeconds >= 0 && double.IsFinite(link.RoundTripSeconds)) || !IsSpeed(link.BytesPerSecond))
            {
                yield return $"the way {link.From} – {link.To}: allowed is a round trip of 0 or more seconds, and more than 0 bytes a "
                    + "second";
            }
        }

        if (!(RoundTripSeconds >= 0 && double.IsFinite(RoundTripSeconds)) || !IsSpeed(BytesPerSecond))
            yield return "roundTripSeconds, bytesPerSecond: allowed is 0 or more seconds, and more than 0 bytes a second";
    }

    /// <summary>Seconds from one silo to another for so many bytes: half a round trip, and the bytes' own time.</summary>
    public double HopSeconds(string from, string to, double bytes)
    {
        if (from == to) return 0;
        foreach (var link in Links)
        {
            if ((link.From == from && link.To == to) || (link.From == to && link.To == from))
                return (link.RoundTripSeconds / 2) + (bytes / link.BytesPerSecond);
        }

        return (RoundTripSeconds / 2) + (bytes / BytesPerSecond);
    }

    private static bool IsSpeed(double value) => value > 0 && double.IsFinite(value);
}

/// <summary>What a silo can do.</summary>
/// <param name="Silo">Its name.</param>
/// <param name="Bytes">Memory that it gives to a model's weights and pages.</param>
/// <param name="ReadBytesPerSecond">Bytes of weights that all its threads read in a second while they compute one text token.</param>
/// <param name="ProductsPerSecond">Multiplications with addition of all its threads in a second, for many text tokens at once.</param>
public sealed record SiloSpeed(string Silo, long Bytes, double ReadBytesPerSecond, double ProductsPerSecond)
{
    /// <summary>Where several silos share the blocks' tensors and count as one: each of them; the first may start.</summary>
    internal IReadOnlyList<SiloShare> Shares { get; init; } = [];

    /// <summary>The way between those that share.</summary>
    internal SiloLink? Sums { get; init; }
}

/// <summary>The way between two silos.</summary>
/// <param name="From">One silo's name.</param>
/// <param name="To">The other's.</param>
/// <param name="RoundTripSeconds">What a small call takes there and back.</param>
/// <param name="BytesPerSecond">How fast large ones go.</param>
public sealed record SiloLink(string From, string To, double RoundTripSeconds, double BytesPerSecond);
