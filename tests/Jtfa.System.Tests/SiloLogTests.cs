using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>What a silo prints: that it is up, how it ended, and what somebody should see to.</summary>
public sealed class SiloLogTests : IDisposable
{
    private static readonly string[] s_start = ["Tokens are taken on UDP", "HTTP on http://", "Silo is up"];

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_thousand_decisions_print_nothing()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(200));
        await silo.Program.Errors.MatchAsync("Silo is up");
        for (var id = 0; id < 1000; id++)
        {
            silo.Socket.SendViews(id, 0, 1, 2);
            if (id % 100 == 0) await DecisionRows.ReachAsync(_workspace, id - 100);
        }

        await DecisionRows.ReachAsync(_workspace, 1000);
        Assert.Equal(s_start.Length, silo.Program.Errors.Lines.Length);
        Assert.All(silo.Program.Errors.Lines.Zip(s_start), pair => Assert.Contains(pair.Second, pair.First));

        await silo.StopAsync();
        Assert.Contains("Ingress stopped: 3000 datagrams received, 0 rejected", silo.Program.Errors.Lines[^1]);
        Assert.Equal(s_start.Length + 1, silo.Program.Errors.Lines.Length);
        Assert.Empty(silo.Program.Output.Lines);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("Logging:LogLevel:Orleans=Information", "Orleans.Hosting.SiloHostedService.* Orleans Silo started")]
    [InlineData("Logging:LogLevel:Microsoft.Hosting.Lifetime=Information", "Application started")]
    public async Task A_category_tells_more_where_that_is_configured(string setting, string line)
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, "--set", setting);
        await silo.Program.Errors.MatchAsync(line);
        await silo.StopAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Less_is_told_where_that_is_configured()
    {
        await using var silo = ProgramRun.Jtfa(
            _workspace,
            ["silo", "--head", _workspace.WriteHead(), "--port", "0", .. RunningSilo.Ports(), "--set", "Logging:LogLevel:Jtfa=Warning"]);
        await Condition.HoldsAsync(() => File.Exists(_workspace.Database), isThere => isThere, "the silo starts");
        silo.Signal(global::System.Runtime.InteropServices.PosixSignal.SIGTERM);
        Assert.Equal(0, await silo.ExitAsync());
        Assert.Empty(silo.Errors.Lines);
    }
}
