namespace Jtfa.Language.Decoding;

/// <summary>
/// Drafts text without a model: where the last n ids stood before, what followed them is proposed (prompt look-up decoding, Saxena 2023;
/// llama.cpp's <c>lookup</c>). The longest n that is found counts, and of its places the last. Where the proposal reaches the end of the
/// text, it goes on with itself, as a text that repeats itself would.
/// </summary>
/// <param name="longest">The longest n.</param>
/// <param name="shortest">The shortest n: a lower one proposes more often and is accepted more seldom.</param>
public sealed class NgramDrafter(int longest = 4, int shortest = 2)
{
    // Of each n-gram that something follows: the place of what follows.
    private readonly NgramTable _following = new();

    /// <summary>Takes a text token, of the prompt or accepted.</summary>
    public void Append(int id)
    {
        var text = _following.Text;
        text.Add(id);
        for (var length = shortest; length <= longest && length < text.Count; length++) _following.At(length, before: 1) = text.Count - 1;
    }

    /// <summary>Proposes what may follow.</summary>
    /// <param name="proposal">Takes the proposed text tokens.</param>
    /// <returns>How many there are: none, or as many as it is long.</returns>
    public int Propose(Span<int> proposal)
    {
        var text = _following.Text;
        for (var length = Math.Min(longest, text.Count); length >= shortest; length--)
        {
            var place = _following.Find(length - 1, text.Count - length, text[^1]);
            if (place == 0) continue;
            for (var i = 0; i < proposal.Length; i++)
                proposal[i] = place + i < text.Count ? text[place + i] : proposal[place + i - text.Count];
            return proposal.Length;
        }
        return 0;
    }
}
