namespace Jtfa.Core.Tests;

/// <summary>One token of the published scripts: the vector, what they sent and what they decoded.</summary>
internal sealed record ReferenceToken(
    string Mode, uint Seed, int D, int ProducerId, int Label, double Ts, double Scale,
    float[] Z, sbyte[] Q, string PacketHex, float[] Decoded)
{
    public TokenEncoding Encoding => Enum.Parse<TokenEncoding>(Mode, ignoreCase: true);

    public byte[] Datagram => Convert.FromHexString(PacketHex);
}
