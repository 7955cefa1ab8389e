using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>The CSV file beside the table.</summary>
public class CsvTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_have_the_published_schema_and_then_the_name_of_the_class()
    {
        var lines = await WriteAsync(null,
            LogFolder.Decision(1, timestamp: 1_780_000_000.25),
            LogFolder.Decision(3, pred: 4, gt: 3, timestamp: 1_780_000_001.5) with
            {
                P50 = double.NaN,
                LatMean = 1e-5,
                Bytes = int.MaxValue,
            },
            LogFolder.Decision(2, gt: -1, timestamp: -1.7976931348623157E+308) with { AccRunning = double.NaN, Label = "T-shirt/top" },
            LogFolder.Decision(4, timestamp: 1_780_000_002) with { Label = new string('"', 300) + ", Ωmega" });

        Assert.Equal(
            [
                "timestamp,cause,m,fill_ratio,bytes,lat_mean,p50,p90,p99,tail_factor,pred,gt,correct,acc_running,label",
                "1780000000.25,K,3,0.75,333,0.0123,0.0111,0.0222,0.0333,3,3,3,1,0.8125,",
                "1780000001.5,T,3,0.75,2147483647,1E-05,NaN,0.0222,0.0333,3,4,3,0,0.8125,",
                "-1.7976931348623157E+308,K,3,0.75,333,0.0123,0.0111,0.0222,0.0333,3,3,-1,0,NaN,T-shirt/top",
                $"1780000002,K,3,0.75,333,0.0123,0.0111,0.0222,0.0333,3,3,3,1,0.8125,\"{new string('"', 600)}, Ωmega\"",
            ],
            lines);
    }

    [Fact]
    public async Task A_file_is_continued_without_a_second_header()
    {
        var lines = await WriteAsync($"{DecisionCsv.Header}\r\n1,K,1,1,1,1,1,1,1,1,1,1,1,1\r\n", LogFolder.Decision(1));

        Assert.Equal(3, lines.Length);
        Assert.Equal(DecisionCsv.Header, lines[0]);
        Assert.StartsWith("1,K,1", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("1780000000.1,K,3", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_published_columns_alone_keeps_to_them()
    {
        var lines = await WriteAsync($"{DecisionCsv.Published}\n", LogFolder.Decision(1) with { Label = "Bag" });

        Assert.Equal([DecisionCsv.Published, "1780000000.1,K,3,0.75,333,0.0123,0.0111,0.0222,0.0333,3,3,3,1,0.8125"], lines);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1,K,1,1,1,1,1,1,1,1,1,1,1,1\n")]
    public async Task Half_a_row_that_a_kill_left_is_cut_off(string whole)
    {
        var lines = await WriteAsync($"{DecisionCsv.Header}\n{whole}1780000000.1,K,3,0.7", LogFolder.Decision(1));

        Assert.Equal(whole.Length == 0 ? 2 : 3, lines.Length);
        Assert.StartsWith("1780000000.1,K,3,0.75,333,", lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name,price\nsoup,3\n")]
    [InlineData("x")]
    [InlineData(DecisionCsv.Header)]
    [InlineData(DecisionCsv.Published)]
    [InlineData(DecisionCsv.Header + ",more\n")]
    [InlineData(DecisionCsv.Header + "\rold\r")]
    public async Task Another_file_is_refused_and_left_alone(string content)
    {
        await using var folder = new LogFolder();
        folder.Options.Csv = folder.InFolder("decisions.csv");
        File.WriteAllText(folder.Options.Csv, content);

        Assert.StartsWith(
            $"{folder.Options.Csv} is not a decision log (its first line is not the header", await folder.RefusalAsync(),
            StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(folder.Options.Csv));
    }

    [Fact]
    public async Task A_decision_that_was_in_the_log_already_is_not_written_again()
    {
        await using var folder = new LogFolder();
        folder.Options.Csv = folder.InFolder("decisions.csv");
        for (var run = 0; run < 2; run++)
        {
            var log = await folder.StartAsync();
            await log.AppendAsync(LogFolder.Decision(1));
            await log.AppendAsync(LogFolder.Decision(1));
            await log.DisposeAsync();
        }

        Assert.Equal(2, File.ReadAllLines(folder.Options.Csv).Length);
    }

    private static async Task<string[]> WriteAsync(string? before, params Interfaces.Decision[] decisions)
    {
        await using var folder = new LogFolder();
        folder.Options.Csv = folder.InFolder("decisions.csv");
        if (before is not null) File.WriteAllText(folder.Options.Csv, before);
        var log = await folder.StartAsync();
        foreach (var decision in decisions) await log.AppendAsync(decision);
        await log.StopAsync(Cancel);
        await log.DisposeAsync();
        return File.ReadAllLines(folder.Options.Csv);
    }
}
