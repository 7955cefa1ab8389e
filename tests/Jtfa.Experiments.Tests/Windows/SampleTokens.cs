using FsCheck;
using FsCheck.Fluent;
using Jtfa.Core;
using Jtfa.Experiments.Windows;

namespace Jtfa.Experiments.Tests.Windows;

/// <summary>A token as it travels, int8, and when it came.</summary>
internal sealed record SampleToken(TokenHeader Header, sbyte[] Values)
{
    /// <summary>The same as an arrival.</summary>
    public Arrival Arrival
    {
        get
        {
            var vector = new float[Values.Length];
            TokenCodec.Decode(Values, Header.Encoding, Header.Seed, Header.Scale, vector);
            return new Arrival("", Header.View, 0, Header.Timestamp, Header.ReceivedAt, Header.Label, Header.Bytes, vector, Header.Quality);
        }
    }
}

/// <summary>Random tokens of some moments and views, and a policy for them.</summary>
internal sealed record TokenCase(int Seed, SampleToken[] Tokens, ReplayPolicy Policy)
{
    public const int Dimension = 6;
    public const double Width = 0.02;
    private const int Classes = 4;
    private const double Begin = 1_800_000_000;

    public static FusionHead Head { get; } = HeadOf(new Random(1));

    /// <summary>By receive time.</summary>
    public static Gen<TokenCase> All { get; } = Gen.Choose(0, int.MaxValue - 1).Select(Of);

    public Arrivals Arrivals => new(Tokens.Select(token => token.Arrival));

    public override string ToString() => $"seed {Seed}: {Tokens.Length} tokens, {Policy}";

    // Receive times are whole milliseconds, so that some are equal; a few tokens come a second late, which is after their window has gone.
    private static TokenCase Of(int seed)
    {
        var random = new Random(seed);
        var n = random.Next(1, 5);
        var policy = new ReplayPolicy(random.Next(1, n + 1), n, random.Next(1, 60) / 1000.0, Width)
        {
            Linger = random.Next(0, 100) / 1000.0,
            MaxAge = 1.5,
        };
        var tokens = Enumerable.Range(0, random.Next(0, 60)).Select(_ => Token(random, n + 1));
        return new TokenCase(seed, [.. tokens.OrderBy(token => token.Header.ReceivedAt)], policy);
    }

    private static SampleToken Token(Random random, int views)
    {
        var values = new sbyte[Dimension];
        foreach (ref var value in values.AsSpan()) value = (sbyte)random.Next(-127, 128);
        var captured = Begin + (random.Next(10) * Width) + ((random.NextDouble() - 0.5) * Width * 1.2);
        var delay = random.Next(8) switch { 0 => random.Next(200, 2000), 1 => random.Next(-15, 1), _ => random.Next(0, 40) };
        var header = new TokenHeader
        {
            Timestamp = captured,
            ReceivedAt = Math.Round(captured + (delay / 1000.0), 3),
            Scale = 0.001 + (random.NextDouble() * 0.02),
            View = random.Next(views),
            Label = random.Next(-1, Classes),
            Seed = (uint)random.Next(50),
            Quality = 1 - random.NextSingle(),
            Bytes = random.Next(40, 200),
            Encoding = (TokenEncoding)random.Next(3),
        };
        return new SampleToken(header, values);
    }

    private static FusionHead HeadOf(Random random)
    {
        var weights = new float[Classes * Dimension];
        foreach (ref var weight in weights.AsSpan()) weight = random.NextSingle() - 0.5f;
        return new FusionHead(weights, Classes, Dimension, new float[Classes], gamma: 0.5, beta: 1.5);
    }
}
