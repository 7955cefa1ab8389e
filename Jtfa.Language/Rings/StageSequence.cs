using System.Buffers.Binary;
using Jtfa.Language.Caches;

namespace Jtfa.Language.Rings;

/// <summary>A sequence's rows in a batch at a stage, and its pages as the starter has numbered them.</summary>
/// <param name="store">The stage's keys and values.</param>
internal sealed class StageSequence(PageStore store) : PageTable(store)
{
    /// <summary>The place of its first row in the sequence.</summary>
    public int Position { get; private set; }

    /// <summary>Its rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Whether the starter wants the hidden state of its last row: to choose a text token.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Reads it as it stands in a batch; all numbers were checked.</summary>
    public void Set(int position, int rows, bool isWanted, ReadOnlySpan<byte> pages)
    {
        (Position, Rows, IsWanted, Length) = (position, rows, isWanted, position + rows);
        Numbers.Clear();
        for (; !pages.IsEmpty; pages = pages[sizeof(int)..]) Numbers.Add(BinaryPrimitives.ReadInt32LittleEndian(pages));
    }
}
