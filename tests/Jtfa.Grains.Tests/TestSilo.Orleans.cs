#if ORLEANS
using Jtfa.Interfaces;
using Orleans.TestingHost;

namespace Jtfa.Grains.Tests;

// On Orleans the client is a process of its own, in thought at least, and knows the streams by its own configuration.
internal sealed partial class TestSilo
{
    static partial void ConfigureClient(InProcessTestClusterBuilder builder)
    {
        builder.Options.ConfigureFileLogging = false;

        // The clock that tests move is the grains'; the silo's own work goes by the system's.
        builder.ConfigureSilo((_, silo) => silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System));
        builder.ConfigureClient(client => client.AddMemoryStreams(JtfaNames.Streams));
    }
}
#endif
