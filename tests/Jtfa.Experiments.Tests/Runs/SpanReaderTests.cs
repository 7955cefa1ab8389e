using Jtfa.Experiments.Nodes;

namespace Jtfa.Experiments.Tests.Runs;

public sealed class SpanReaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-spans-");
    private readonly CancellationToken _test = TestContext.Current.CancellationToken;

    private string Path => System.IO.Path.Combine(_folder.FullName, "spans.jsonl");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Each_span_is_read_once_and_none_before_its_line_is_whole()
    {
        var file = new SpanReader(Path);
        Assert.Empty(await file.ReadNewAsync(_test));
        await File.AppendAllTextAsync(Path, Line(1) + Line(2) + Line(3)[..20], _test);
        Assert.Equal([1, 2], (await file.ReadNewAsync(_test)).Select(span => span.Number("decision")));
        Assert.Empty(await file.ReadNewAsync(_test));
        await File.AppendAllTextAsync(Path, Line(3)[20..], _test);

        var span = Assert.Single(await file.ReadNewAsync(_test));
        Assert.Equal(("decision", 3, "demo", 2.5), (span.Name, span.Number("decision"), span.Text("scene"), span.Events["due"]));
    }

    [Fact]
    public async Task A_line_that_is_no_span_is_told_by_its_offset()
    {
        await File.WriteAllTextAsync(Path, Line(1) + "rubbish\n", _test);

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => new SpanReader(Path).ReadNewAsync(_test));
        Assert.Contains($"offset {Line(1).Length} is no span", fault.Message, StringComparison.Ordinal);
    }

    private static string Line(int decision) =>
        $$$"""{"name":"decision","start":1.0,"end":3.0,"tags":{"scene":"demo","decision":{{{decision}}},"cause":"K"},"events":{"due":2.5,"fired":2.6}}""" + "\n";
}
