using System.Reflection;
using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;

namespace Jtfa.Client.Tests;

/// <summary>What a client within the cluster makes of calls that fail.</summary>
public sealed class ClusterFaultTests
{
    private readonly TimedClock _clock = new();
    private readonly ClusterJtfaClient _client;
    private readonly FailingCluster _grains;

    public ClusterFaultTests()
    {
        var cluster = DispatchProxy.Create<IClusterClient, FailingCluster>();
        _grains = (FailingCluster)(object)cluster;
        _client = new ClusterJtfaClient(cluster, _clock);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task What_may_pass_is_asked_again()
    {
        Exception[] faults =
        [
            new OrleansException("gone"), new TimeoutException("slow"), new OperationCanceledException("stopping"),
            new DecisionLogException(),
        ];
        foreach (var fault in faults)
        {
            _grains.Fail(fault, times: 2);
            var asking = _client.GetScenesAsync(Stop);
            await _clock.PassAsync();
            await _clock.PassAsync();
            Assert.Empty(await asking);
            Assert.Equal(3, _grains.Calls);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task What_does_not_pass_is_told_as_no_less_than_over_http()
    {
        _grains.Fail(new OperationCanceledException("stopping"), times: int.MaxValue);
        var asking = _client.GetScenesAsync(Stop);
        for (var i = 0; i < 3; i++) await _clock.PassAsync();
        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(() => asking);
        Assert.Equal(("the cluster", 4), (fault.Address, _grains.Calls));
        Assert.Contains("stopping", fault.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_fault_of_the_program_is_told_at_once()
    {
        _grains.Fail(new NullReferenceException("of nothing"), times: int.MaxValue);
        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(() => _client.GetScenesAsync(Stop));
        Assert.Contains("of nothing", fault.Message);
        Assert.Equal((1, false), (_grains.Calls, fault.MayPass));
    }

    [Fact(Timeout = 30_000)]
    public async Task What_reads_the_log_for_too_long_is_not_begun_again()
    {
        var now = DateTimeOffset.UnixEpoch;
        var asks = new Func<Task>[]
        {
            () => _client.GetStatisticsAsync("yard", now, now, Stop),
            () => _client.GetDecisionAsync("yard", 1, Stop),
            () => _client.QueryAsync(new DecisionQuery(), Stop).FirstAsync(Stop).AsTask(),
        };
        foreach (var ask in asks)
        {
            _grains.Fail(new TimeoutException("slow"), times: int.MaxValue);
            var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(ask);
            Assert.Equal((1, true), (_grains.Calls, fault.MayPass));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task What_the_caller_cancels_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        _grains.Fail(new TimeoutException("slow"), times: int.MaxValue, during: cancel.Cancel);
        Assert.Equal(
            cancel.Token,
            (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.GetScenesAsync(cancel.Token))).CancellationToken);
        Assert.Equal(1, _grains.Calls);
    }

    /// <summary>As a silo has one.</summary>
    private sealed class DecisionLogException : Exception;

    /// <summary>A cluster, and every grain of it: calls fail as a test says.</summary>
    public class FailingCluster : DispatchProxy
    {
        private FailingCluster? _cluster;
        private Exception? _fault;
        private Action? _during;
        private int _left;

        /// <summary>Calls since it was told how they fail.</summary>
        internal int Calls { get; private set; }

        internal void Fail(Exception fault, int times, Action? during = null) =>
            (_fault, _left, _during, Calls) = (fault, times, during, 0);

        /// <inheritdoc />
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == "GetGrain")
            {
                var grain = Create(targetMethod.ReturnType, typeof(FailingCluster));
                ((FailingCluster)grain)._cluster = this;
                return grain;
            }

            var result = targetMethod.ReturnType.GetGenericArguments()[0];
            return typeof(FailingCluster)
                .GetMethod(nameof(Answer), BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(result)
                .Invoke(_cluster, null);
        }

        private Task<T> Answer<T>()
        {
            Calls++;
            _during?.Invoke();
            return _left-- > 0
                ? Task.FromException<T>(_fault!)
                : Task.FromResult((T)(object)Array.CreateInstance(typeof(T).GetElementType()!, 0));
        }
    }
}
