using Jtfa.Core;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Windows;

namespace Jtfa.Experiments.Tests.Windows;

public sealed class DecisionFiguresTests : IDisposable
{
    private const string Header = "timestamp,cause,m,fill_ratio,bytes,lat_mean,p50,p90,p99,tail_factor,pred,gt,correct,acc_running";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"jtfa-{Guid.NewGuid():N}.csv");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Figures_of_some_decisions_are_those_counted_by_hand()
    {
        MeasuredDecision[] decisions =
        [
            new(1, FireCause.K, 3, 0.75, 300, 0.010, 1, 1), new(2, FireCause.T, 2, 0.5, 200, 0.030, 1, 2),
            new(3, FireCause.K, 4, 1, 400, 0.020, 1, -1), new(4, FireCause.K, 5, 0.75, 500, 0.040, 3, 3),
        ];

        var values = DecisionFigures.Compute(decisions, seconds: 2, moments: 8, k: 3, n: 4);

        Assert.Equal(
            new Dictionary<string, double>
            {
                [ValueNames.Decisions] = 4,
                [ValueNames.Throughput] = 2,
                [ValueNames.DecidedShare] = 0.5,
                [ValueNames.LatencyP50] = 25,
                [ValueNames.LatencyP90] = 37,
                [ValueNames.LatencyP99] = 39.7,
                [ValueNames.LatencyDelta] = 14.7,
                [ValueNames.TailFactor] = 1.588,
                [ValueNames.Bytes] = 350,
                [ValueNames.FillRatio] = 0.75,
                [ValueNames.KShare] = 0.75,
                [ValueNames.ExactlyKShare] = 0.5,
                [ValueNames.Accuracy] = 2 / 3.0,
            }.OrderBy(value => value.Key).Select(value => (value.Key, Math.Round(value.Value, 9))),
            values.OrderBy(value => value.Key).Select(value => (value.Key, Math.Round(value.Value, 9))));
    }

    [Fact]
    public void What_cannot_be_computed_is_absent()
    {
        Assert.Equal([ValueNames.Decisions, ValueNames.Throughput], DecisionFigures.Compute([], 1, null, 3, 4).Keys);
        var values = DecisionFigures.Compute([new MeasuredDecision(1, FireCause.T, 1, 0.25, 1, 0, 0, -1)], 0, 0, null, 4);
        string[] absent = [ValueNames.Throughput, ValueNames.DecidedShare, ValueNames.TailFactor, ValueNames.ExactlyKShare,
            ValueNames.Accuracy];
        Assert.All(absent, name => Assert.DoesNotContain(name, values));
    }

    [Fact]
    public void A_log_is_read_by_time_and_without_a_line_that_is_still_written()
    {
        File.WriteAllText(_path, $"{Header}\n1.5,K,3,0.75,300,0.01,1,1,1,1,7,7,1,1\n2.5,T,1,0.25,100,0.12,1,1,1,1,7,-1,0,1\n3.5,K,3,0.7");

        Assert.Equal(
            [new(1.5, FireCause.K, 3, 0.75, 300, 0.01, 7, 7), new(2.5, FireCause.T, 1, 0.25, 100, 0.12, 7, -1)],
            DecisionCsvFile.Read(_path));
        Assert.Equal([2.5], DecisionCsvFile.Read(_path, from: 2.5, to: 9).Select(decision => decision.FiredAt));
        Assert.Equal([1.5], DecisionCsvFile.Read(_path, to: 2.5).Select(decision => decision.FiredAt));
    }

    [Fact]
    public void A_log_without_tail_factor_and_with_carriage_returns_is_read()
    {
        File.WriteAllText(
            _path,
            "timestamp,cause,m,fill_ratio,bytes,lat_mean,p50,p90,p99,pred,gt,correct,acc_running\r\n" +
            "1.5,T,6,0.500,600,0.010000,1,1,1,-1,2,0,0.0\r\n");
        Assert.Equal([new(1.5, FireCause.T, 6, 0.5, 600, 0.01, -1, 2)], DecisionCsvFile.Read(_path));
    }

    [Theory]
    [InlineData("a,b\n", "no column timestamp")]
    [InlineData("", "the header is missing")]
    [InlineData(Header + "\nnonsense\n", "line 2 is no decision")]
    public void What_is_no_log_is_named(string content, string words)
    {
        File.WriteAllText(_path, content);
        var fault = Assert.Throws<InvalidDataException>(() => DecisionCsvFile.Read(_path)).Message;
        Assert.All([_path, words], word => Assert.Contains(word, fault));
        Assert.DoesNotContain('\n', fault);
    }
}
