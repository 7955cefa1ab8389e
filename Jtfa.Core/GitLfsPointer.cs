namespace Jtfa.Core;

/// <summary>The text that Git leaves in place of a large file until Git LFS fetches it (git-lfs, docs/spec.md).</summary>
public static class GitLfsPointer
{
    /// <summary>What to tell of one, after the file's name.</summary>
    public const string Advice = "this is a Git LFS pointer, not yet the file itself: run 'git lfs pull'";

    /// <summary>Bytes of a file that tell whether it is one.</summary>
    public static readonly int StartBytes = Start.Length;

    private static ReadOnlySpan<byte> Start => "version https://git-lfs"u8;

    /// <summary>Whether a file that begins so is one.</summary>
    /// <param name="content">Its first <see cref="StartBytes"/> bytes, or more.</param>
    public static bool Begins(ReadOnlySpan<byte> content) => content.StartsWith(Start);

    /// <summary>Whether a file is one.</summary>
    /// <param name="file">Stands at its start, and does so afterwards.</param>
    public static bool Is(Stream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        Span<byte> content = stackalloc byte[StartBytes];
        var read = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return Begins(content[..read]);
    }
}
