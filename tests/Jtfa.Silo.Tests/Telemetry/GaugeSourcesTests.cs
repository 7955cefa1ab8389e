using System.Runtime.CompilerServices;
using Jtfa.Silo.Telemetry;

namespace Jtfa.Silo.Tests.Telemetry;

public sealed class GaugeSourcesTests
{
    private readonly GaugeSources<object> _sources = new();

    [Fact]
    public void What_is_removed_is_let_go()
    {
        var kept = new object();
        _sources.Add(kept);
        var gone = AddAndRemove();
        GC.Collect();
        Assert.False(gone.IsAlive);
        Assert.Same(kept, Assert.Single(_sources.All));
        _sources.Remove(kept);
        _sources.Remove(kept);
        Assert.Empty(_sources.All);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference AddAndRemove()
    {
        var source = new object();
        _sources.Add(source);
        _sources.Remove(source);
        return new WeakReference(source);
    }
}
