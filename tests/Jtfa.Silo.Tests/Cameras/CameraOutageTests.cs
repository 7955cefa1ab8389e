using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class CameraOutageTests
{
    private static readonly CameraConfig s_config = new() { Scene = "lobby", Camera = "door" };
    private readonly ManualClock _time = new(Fixtures.Start);
    private readonly LogCollector _log = new();
    private readonly CameraOutage _outage;

    public CameraOutageTests() => _outage = new CameraOutage(s_config, new CameraMetrics(s_config), _time, _log);

    [Fact]
    public void Waits_double_up_to_30_s_and_begin_anew_once_tokens_have_flowed_for_3_s()
    {
        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], Enumerable.Range(0, 8).Select(_ => Note("refused")));
        Flow(seconds: 2.9);
        Assert.Equal(30, Note("refused"));
        Flow(seconds: 3.1);
        Assert.Equal(1, Note("refused"));
    }

    [Fact]
    public void An_outage_is_told_once_and_its_end_once()
    {
        for (var tries = 0; tries < 20; tries++)
        {
            Note("refused");
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal("refused", _outage.Fault);
        Flow(seconds: 1);
        Assert.Null(_outage.Fault);
        Assert.Equal("Camera lobby/door stopped: refused. It is tried again after 1 s, then more rarely, until it works", Told().Single());
        Flow(seconds: 10);
        Assert.Equal("Camera lobby/door works again after 40.0 s; it was tried 20 times", Told().Last());
        Assert.Equal(2, Told().Count);
    }

    [Fact]
    public void A_camera_that_comes_and_goes_within_seconds_is_one_outage()
    {
        for (var life = 0; life < 10; life++)
        {
            Note("ended");
            Flow(seconds: 2);
        }

        Assert.Single(Told());
    }

    [Fact]
    public void A_reason_that_changed_is_told_after_a_minute()
    {
        Note("refused");
        Note("wrong password");
        _time.Advance(TimeSpan.FromSeconds(61));
        Note("refused");
        Assert.Single(Told());
        Note("wrong password");
        Note("refused");
        Assert.Equal(2, Told().Count);
        Assert.Contains("wrong password", Told().Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_error_is_told_with_its_place()
    {
        _outage.Note(new InvalidOperationException("two\nlines"));
        Assert.Equal("two lines", _outage.Fault);
        Assert.Equal(LogLevel.Error, Assert.Single(_log.Entries).Level);
    }

    private double Note(string fault) => _outage.Note(new CameraFaultException(fault)).TotalSeconds;

    // Ten tokens a second.
    private void Flow(double seconds)
    {
        for (var token = 0; token < seconds * 10; token++)
        {
            _outage.NoteToken();
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    private List<string> Told() => [.. _log.Entries.Select(entry => entry.Message)];
}
