using Jtfa.Core;
using Jtfa.Silo;
using Jtfa.Silo.Trust;

namespace Jtfa.Lab.Bench;

/// <summary>Signs a sender's load as cameras do: with a key a view, an epoch a run, and sequence numbers.</summary>
internal sealed class LoadSigner : IDisposable
{
    private readonly TokenKey[] _keys;
    private readonly long[] _sequences = new long[IngestSettings.N];

    /// <summary>A signer for a scene's views.</summary>
    /// <param name="file">The keys.</param>
    /// <param name="scene">The scene.</param>
    /// <exception cref="InvalidDataException">The file cannot be read, or has no key of a view.</exception>
    public LoadSigner(string file, string scene)
    {
        var known = new ViewKeys(new ViewKeysOptions { File = file });
        _keys = [.. Enumerable.Range(0, IngestSettings.N).Select(view => known.Of(scene, view) is [var newest, ..]
            ? new TokenKey(newest) : throw new InvalidDataException($"{file} has no key of {scene}/{view}"))];
    }

    /// <summary>This run's epoch.</summary>
    public uint Epoch { get; } = (uint)TimeProvider.System.UnixSeconds();

    /// <summary>Makes the file of keys for scenes.</summary>
    public static void WriteKeys(string file, IEnumerable<string> scenes)
    {
        var views = Enumerable.Range(0, IngestSettings.N);
        SecretFile.Create(file, string.Join('\n', scenes.SelectMany(scene => views.Select(view => ViewKeys.NewLine(scene, view)))));
    }

    /// <summary>The sequence number of a view's next token.</summary>
    public long NextSequence(int view) => ++_sequences[view];

    /// <summary>Completes a token's tag.</summary>
    public void Sign(int view, Span<byte> datagram) => _keys[view].Sign(datagram);

    public void Dispose()
    {
        foreach (var key in _keys) key.Dispose();
    }
}
