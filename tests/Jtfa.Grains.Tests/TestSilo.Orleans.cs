#if ORLEANS
using Jtfa.Interfaces;
using Orleans.TestingHost;

namespace Jtfa.Grains.Tests;

// On Orleans the client is a process of its own, in thought at least, and knows the streams by its own configuration.
internal sealed partial class TestSilo
{
    static partial void ConfigureClient(InProcessTestClusterBuilder builder) =>
        builder.ConfigureClient(client => client.AddMemoryStreams(JtfaNames.Streams));
}
#endif
