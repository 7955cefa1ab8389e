using System.Text.Json.Nodes;
using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>A language model on three silos says what it says on one, also when a silo is lost in the middle and comes back.</summary>
public sealed class RingTests(ITestOutputHelper output)
{
    private const int TestTimeout = 180_000;
    private const int Starter = 0;

    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Texts_go_on_unchanged_when_a_silo_of_their_model_is_killed_or_hangs()
    {
        using var texts = new StagedTexts();
        await using var stage = await ClusterStage.StartAsync(texts.Plan);
        var silos = stage.Cluster.Fusion;
        var expected = await texts.AloneAsync();

        // Asked of a silo that is not the starter, which alone has texts.
        Assert.Equal(expected, await ReadAsync(silos[2], "no fault", () => Task.CompletedTask));
        Assert.Equal(expected, await ReadAsync(silos[Starter], "a silo is killed", silos[1].KillAsync));
        Assert.Contains("computes its texts anew", silos[Starter].Program.Errors.Text, StringComparison.Ordinal);
        await silos[1].StartAsync();
        Assert.Equal(expected, await ReadAsync(silos[Starter], "a silo hangs", () =>
        {
            silos[2].Program.Pause();
            return Task.CompletedTask;
        }));
    }

    [Fact(
        Timeout = TestTimeout,
        Skip = "After a silo has come back, Orleans' distributed directory now and then hands its range over late (one run in three): "
            + "texts that are new then get 503. Not mended yet.")]
    public async Task A_restart_changes_no_text_and_when_the_starter_dies_readers_are_told_and_kept_texts_are_made_again()
    {
        using var texts = new StagedTexts();
        await using var stage = await ClusterStage.StartAsync(texts.Plan);
        var silos = stage.Cluster.Fusion;
        var expected = await texts.AloneAsync();
        Assert.Equal(expected, await ReadAsync(silos[Starter], "a silo is restarted", async () =>
        {
            await silos[1].StopAsync();
            await silos[1].StartAsync();
        }));

        using var client = Http(silos[2]);
        ReadText[] cut = [];
        var kept = await StagedTexts.ReadAsync(
            client, async () => cut = await StagedTexts.ReadAsync(client, silos[Starter].KillAsync), keepSeconds: 600);
        Assert.All(cut, text =>
        {
            Assert.Contains("broke off", text.Error, StringComparison.Ordinal);
            Assert.InRange(text.LongestPause, TimeSpan.Zero, s_longestSilence);
        });
        output.WriteLine($"readers were told after {cut.Max(text => text.LongestPause).TotalSeconds:F2} s");
        await silos[Starter].StartAsync();
        foreach (var (i, text) in kept.Index())
        {
            await ClusterStage.UntilAsync(async () =>
            {
                using var answer = await client.GetAsync($"/v1/generations/{text.Id}", Cancellation);
                return answer.IsSuccessStatusCode;
            });
            var whole = JsonNode.Parse(await client.GetStringAsync($"/v1/generations/{text.Id}", Cancellation))!;
            Assert.Equal(expected[i], (string)whole["choices"]![0]!["text"]!);
        }
    }

    private static HttpClient Http(ClusterSilo silo) =>
        new() { BaseAddress = new Uri($"http://127.0.0.1:{silo.HttpPort}"), Timeout = TimeSpan.FromMinutes(2) };

    private async Task<string[]> ReadAsync(ClusterSilo silo, string what, Func<Task> disturb)
    {
        using var client = Http(silo);
        var read = await StagedTexts.ReadAsync(client, disturb);
        Assert.All(read, text => Assert.Null(text.Error));
        output.WriteLine($"{what}: the longest pause was {read.Max(text => text.LongestPause).TotalSeconds:F2} s");
        return [.. read.Select(text => text.Text)];
    }
}
