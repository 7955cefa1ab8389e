using System.Runtime.InteropServices;

namespace Jtfa.System.Tests.Stage;

/// <summary>A <c>jtfa decisions --follow --last 1 --format json</c> beside a silo that has decided twice.</summary>
internal static class Following
{
    /// <summary>
    /// Lets the silo decide until 3,000, and ends following by a signal: what it printed is what the log has, each once and in order.
    /// </summary>
    public static async Task PrintsTheLogAsync(ProgramRun follow, RunningSilo silo, Workspace workspace, PosixSignal signal)
    {
        await follow.Output.MatchAsync("\"decision\":");
        for (var id = 2; id < 3000; id++)
        {
            silo.Socket.SendViews(id, 0, 1, 2);
            if (id % 500 == 0) await follow.Output.MatchAsync($"\"decision\":{id},");
        }

        await DecisionRows.ReachAsync(workspace, 3000);
        var written = await LoggedDecision.LinesAsync(workspace);
        await follow.Output.MatchAsync($"\"decision\":{LoggedDecision.Parse(written[^1]).Decision},");
        follow.Signal(signal);

        Assert.Equal(0, await follow.ExitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(written[1..], follow.Output.Lines);
        Assert.Empty(follow.Errors.Lines);
    }
}
