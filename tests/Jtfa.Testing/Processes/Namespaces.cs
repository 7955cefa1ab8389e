using Jtfa.Testbed;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Testing.Processes;

/// <summary>Hosts that are network namespaces; a test that needs them is skipped where they cannot be made.</summary>
internal static class Namespaces
{
    public static async Task<HostNetwork> CreateAsync(int views, CancellationToken cancellationToken)
    {
        try
        {
            return await HostNetwork.CreateAsync(views, cancellationToken);
        }
        catch (TestbedException missing)
        {
            Assert.Skip(missing.Message);
            throw;
        }
    }
}
