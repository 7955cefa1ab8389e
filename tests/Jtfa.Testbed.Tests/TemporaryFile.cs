namespace Jtfa.Testbed.Tests;

/// <summary>A path in the system's temporary folder; whatever stands there goes with the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"jtfa-{Guid.NewGuid():N}.tmp");

    public void Dispose() => File.Delete(Path);
}
