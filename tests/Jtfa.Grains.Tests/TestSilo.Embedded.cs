#if !ORLEANS
namespace Jtfa.Grains.Tests;

// Everything goes by the clock that tests move, so idle grains have been collected when it has passed their time.
internal sealed partial class TestSilo
{
    private static partial Task CollectAsync(IGrainFactory grains, Func<Task> tick) => Task.CompletedTask;
}
#endif
