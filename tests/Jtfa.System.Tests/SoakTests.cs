using System.Text.Json;

namespace Jtfa.System.Tests;

/// <summary>What takes too long for every run.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SoakTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(22);

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 1_400_000)]
    public async Task Twenty_minutes_of_tokens_leave_memory_as_it_is()
    {
        Assert.SkipUnless(LongForm.IsAsked, "It takes 20 minutes: './jtfa test --long' runs it.");
        await using var bench = ProgramRun.Jtfa(
            _workspace, "bench", "ingest", "--mode", "hmix", "--rate", "2000", "--seconds", "1200", "--json");

        Assert.Equal(0, await bench.ExitAsync(s_deadline));

        var result = JsonDocument.Parse(bench.Output.Text).RootElement;
        double Figure(string name) => result.GetProperty(name).GetDouble();
        Assert.Equal((Figure("sent"), Figure("sentDecisions")), (Figure("received"), Figure("correct")));
        Assert.InRange(Figure("rssSlopeMbPerMinute"), double.MinValue, 1);
    }
}
