using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>A silo of a language model whose machine is cut off from the others, between network namespaces with TLS.</summary>
[Collection(nameof(AloneCollection))]
public sealed class RingPartitionTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Texts_go_on_unchanged_when_a_silo_of_their_model_is_cut_off()
    {
        using var texts = new StagedTexts();
        await using var stage = await HostsStage.StartAsync(texts.Plan);
        var silos = stage.Cluster.Fusion;
        using var client = HostsStage.Http(silos[0]);
        var read = await StagedTexts.ReadAsync(
            client, () => stage.Network.ConnectAsync(silos[1].Host!, isConnected: false, Cancellation));
        Assert.All(read, text => Assert.Null(text.Error));
        Assert.Equal(await texts.AloneAsync(), read.Select(text => text.Text));
        Assert.Contains("computes its texts anew", silos[0].Program.Errors.Text, StringComparison.Ordinal);
        output.WriteLine($"the longest pause was {read.Max(text => text.LongestPause).TotalSeconds:F2} s");
    }
}
