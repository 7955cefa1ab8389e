using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>What several versions of ffmpeg wrote, as they wrote it.</summary>
public sealed class FfmpegReportTests
{
    [Theory]
    [InlineData("none.mkv: No such file or directory", "none.mkv: No such file or directory")]
    [InlineData(
        "[in#0 @ 0x55d] Error opening input: No such file or directory|Error opening input file none.mkv.|"
        + "Error opening input files: No such file or directory",
        "Error opening input: No such file or directory")]
    [InlineData(
        "[tcp @ 0x5] Connection to tcp://127.0.0.1:1 failed: Connection refused|http://127.0.0.1:1/: Connection refused",
        "http://127.0.0.1:1/: Connection refused")]
    [InlineData("Stream map '0:V:0' matches no streams.|To ignore this, add a trailing '?' to the map.",
        "Stream map '0:V:0' matches no streams.")]
    [InlineData("[http @ 0x5] Stream ends prematurely|http://cam/: Input/output error|", "http://cam/: Input/output error")]
    [InlineData("[mjpeg @ 0x5] overread 8|Error while decoding stream #0:0: Invalid data found when processing input", "")]
    [InlineData("Error opening input files: Invalid argument", "Error opening input files: Invalid argument")]
    public void The_reason_is_the_last_line_that_says_one(string lines, string reason)
    {
        var report = Report(lines);
        Assert.Equal((reason, null), (report.Reason, report.Refusal));
    }

    [Theory]
    [InlineData("Unrecognized option 'fps_mode'.|Error splitting the argument list: Option not found", "Unrecognized option 'fps_mode'.")]
    [InlineData("Option framerate not found.|Error opening input file a.mkv.|Error opening input files: Option not found",
        "Option framerate not found.")]
    [InlineData("[in#0 @ 0x5] Unknown input format: 'xx'|Error opening input file a.", "Unknown input format: 'xx'")]
    [InlineData("htp://x/y: Protocol not found|Did you mean file:htp://x/y?", "htp://x/y: Protocol not found")]
    [InlineData("Unknown decoder 'nosuch'", "Unknown decoder 'nosuch'")]
    [InlineData("Error parsing framerate abc.", "Error parsing framerate abc.")]
    public void Refused_arguments_are_told_from_a_bad_input(string lines, string refusal) =>
        Assert.Equal(refusal, Report(lines).Refusal);

    [Theory]
    [InlineData("Error while decoding stream #0:0: Invalid data found when processing input")]
    [InlineData("[vist#0:0/mjpeg @ 0x55] [dec:mjpeg @ 0x55] Error submitting packet to decoder: Invalid data found when processing input")]
    public void Damaged_frames_are_counted_and_are_no_reason(string line)
    {
        var report = Report($"[mjpeg @ 0x5] overread 8|{line}|[mjpeg @ 0x5] overread 8|{line}");
        Assert.Equal((2, "", null), (report.DamagedFrames, report.Reason, report.Refusal));
    }

    private static FfmpegReport Report(string lines)
    {
        var report = new FfmpegReport();
        foreach (var line in lines.Split('|')) report.Add(line);
        return report;
    }
}
