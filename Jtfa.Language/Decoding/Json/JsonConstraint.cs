namespace Jtfa.Language.Decoding;

/// <summary>What a text has to be.</summary>
public sealed class JsonConstraint
{
    private ulong[] _allowed = [];

    /// <summary>The allowed ids, a bit for each.</summary>
    public ReadOnlySpan<ulong> Allowed => _allowed;

    /// <summary>Takes a text token.</summary>
    public void Accept(int id) => _allowed = [(ulong)id];
}
