using System.Diagnostics;
using System.Text.Json.Nodes;
using Jtfa.Language.Tokenizers.Templates;

namespace Jtfa.Language.Tests.Tokenizers.Templates;

/// <summary>Chat templates write what Jinja writes.</summary>
public sealed class ChatTemplateTests
{
    [Fact]
    public async Task Conversations_are_written_as_Jinja_writes_them()
    {
        var cases = TemplateCases.Models.SelectMany(template => TemplateCases.Conversations.Select(one => (template, one)))
            .Concat(TemplateCases.Language.Select(template => (template, TemplateCases.Conversations[0]))).ToArray();
        var expected = await Jinja.RenderAsync(cases, TestContext.Current.CancellationToken);
        List<string> wrong = [];
        foreach (var ((template, variables), text) in cases.Zip(expected))
        {
            string? found;
            var fault = "";
            try
            {
                found = Render(template, variables);
            }
            catch (TemplateException refusal)
            {
                (found, fault) = (null, refusal.Message);
                Assert.DoesNotContain('\n', refusal.Message);
            }

            if (found != text) wrong.Add($"{template}\n--- Jinja:\n{text ?? "fails"}\n--- ours:\n{found ?? fault}");
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{cases.Length} cases, {expected.Count(text => text is null)} of which Jinja refuses; {wrong.Count} wrong");
        Assert.True(wrong.Count == 0, string.Join("\n=======\n", wrong.Take(10)));
    }

    [Theory]
    [InlineData("{{ a | groupby('b') }}", "the filter 'groupby' is not supported")]
    [InlineData("{% include 'a' %}", "'include' is not supported")]
    [InlineData("a\n{{ x is prime }}", "line 2: the test 'prime'"), InlineData("{% if a %}", "expected is 'endif'")]
    [InlineData("{{ 'a", "a string has no end"), InlineData("{{ a", "has no end '}}'"), InlineData("{# a", "has no end '#}'")]
    [InlineData("{% break %}", "stands in no loop"), InlineData("{{ ? }}", "'?' means nothing"), InlineData("{% raw %}", "no 'endraw'")]
    [InlineData("{{ 99999999999999999999 }}", "too large"), InlineData("{{ }}", "expected is an expression")]
    [InlineData("{{ a.b.c }}", "'a' is undefined"), InlineData("{{ cycler(1) }}", "'cycler' is not supported as a function")]
    [InlineData("{{ 1 // 0 }}", "divided by 0"), InlineData("{{ raise_exception('no\nway') }}", "no way")]
    [InlineData("{{ range(1000000) }}", "more than 100000"), InlineData("{{ 'a' * 99999999999 }}", "too long")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested too deeply")]
    public void What_is_not_supported_is_refused_in_one_line(string template, string says)
    {
        var fault = Assert.Throws<TemplateException>(() => Render(template, []));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Hostile_templates_end_soon()
    {
        var watch = Stopwatch.StartNew();
        string[] templates =
        [
            string.Concat(Enumerable.Repeat("(", 100_000)), "{{" + new string('(', 100_000), "{{" + new string('[', 100_000) + "}}",
            "{{ 1" + string.Concat(Enumerable.Repeat("+1", 100_000)) + "}}", string.Concat(Enumerable.Repeat("{% if 1 %}", 100_000)),
            "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}", "{{ " + new string('-', 100_000) + "1 }}",
            "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
            "{% set n = namespace(a='ab') %}{% for i in range(100) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}",
        ];
        foreach (var template in templates)
        {
            try
            {
                _ = Render(template, []);
            }
            catch (TemplateException fault)
            {
                Assert.DoesNotContain('\n', fault.Message);
            }

            TestContext.Current.TestOutputHelper!.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s after {template[..20]}");
        }

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void Dates_are_written_by_the_given_clock()
    {
        var text = ChatTemplate.Parse("{{ strftime_now('%d %b %Y, %H:%M 100%%') }}").Render([], time: new Clock());
        Assert.Equal("05 Mar 2031, 07:08 100%", text);
    }

    private static string Render(string template, JsonObject variables)
    {
        var others = variables.Where(entry => entry.Key is not ("messages" or "add_generation_prompt" or "bos_token" or "eos_token"));
        return ChatTemplate.Parse(template, (string?)variables["bos_token"] ?? "", (string?)variables["eos_token"] ?? "").Render(
            variables["messages"]?.AsArray() ?? [], (bool?)variables["add_generation_prompt"] ?? false, others);
    }

    private sealed class Clock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2031, 3, 5, 7, 8, 9, TimeSpan.Zero);
    }
}
