using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Http;

/// <summary>The API: what it answers is what happened, and what its own document says.</summary>
[Collection(WholeSilo.Name)]
public class ApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Every_operation_answers_as_the_document_says()
    {
        await using var silo = await HttpSilo.StartAsync();
        await FillAsync(silo);
        var document = await OpenApiDocument.GetAsync(silo.Client);

        Assert.Equal(19, document.Operations.Count());
        foreach (var (path, method, operation) in document.Operations)
        {
            foreach (var scene in new[] { HttpSilo.Scene, HttpSilo.Other, "nowhere" })
            {
                var url = path.Replace("{scene}", scene).Replace("{id}", "3").Replace("{camera}", "door");
                if (path.EndsWith("/running", StringComparison.Ordinal)) url += "?running=true";
                using var request = new HttpRequestMessage(HttpMethod.Parse(method), url);
                if (method == "put") request.Content = JsonContent.Create(new ScenePolicy(), options: JtfaJson.Options);
                using var answer = await silo.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
                var type = answer.Content.Headers.ContentType?.MediaType;
                var body = type == "text/event-stream" ? "" : await answer.Content.ReadAsStringAsync(Cancel);
                var faults = document.Faults(operation, (int)answer.StatusCode, type, body);
                Assert.True(faults.Count == 0, $"{method} {url} {(int)answer.StatusCode}: {string.Join("; ", faults)}\n{body}");
                if (path.Contains("{scene}") && scene == "nowhere") Assert.Equal(404, (int)answer.StatusCode);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_parameter_and_member_is_explained()
    {
        await using var silo = await HttpSilo.StartAsync();
        var document = await OpenApiDocument.GetAsync(silo.Client);
        var parameters = document.Operations.SelectMany(operation => operation.Operation["parameters"]?.AsArray() ?? [])
            .Where(parameter => (string?)parameter!["description"] is null);
        Assert.Empty(parameters.Select(parameter => (string)parameter!["name"]!).Distinct());
        Assert.All(document.Operations, operation => Assert.NotNull((string?)operation.Operation["summary"]));
        var members =
            from schema in document.Root["components"]!["schemas"]!.AsObject()
            where !schema.Key.Contains("Problem")
            from member in schema.Value!["properties"] as JsonObject ?? []
            where member.Value!["description"] is null && member.Value["$ref"] is null && member.Value["oneOf"] is null
            select $"{schema.Key}.{member.Key}";
        Assert.Empty(members);
    }

    /// <summary>With JTFA_WRITE_DOCS=&lt;folder&gt; it is written there instead.</summary>
    [Fact(Timeout = 60_000)]
    public async Task The_page_of_the_documentation_says_what_the_document_says()
    {
        await using var silo = await HttpSilo.StartAsync();
        var page = new ApiPage(await OpenApiDocument.GetAsync(silo.Client)).Write();
        var file = Path.Combine(AppContext.BaseDirectory, "docs", "api.md");
        if (Environment.GetEnvironmentVariable("JTFA_WRITE_DOCS") is { Length: > 0 } folder)
            await File.WriteAllTextAsync(Path.Combine(folder, "api.md"), page, Cancel);
        else Assert.Equal(page, await File.ReadAllTextAsync(file, Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task Cameras_are_told_from_the_tokens_that_came()
    {
        await using var silo = await HttpSilo.StartAsync();
        var sender = silo.Sender();
        for (var decision = 0; decision < 10; decision++)
            for (var view = 0; view < 4; view++) sender.Send(decision, view, label: 1, scene: HttpSilo.Scene);

        var cameras = await UntilAsync(
            () => silo.Client.GetFromJsonAsync<CameraHealth[]>("/v1/scenes/yard/cameras", JtfaJson.Options, Cancel),
            told => told!.Length == 4 && told.Sum(camera => camera.Tokens) == 40 && told.Sum(camera => camera.OnTime + camera.Late) == 40);

        Assert.Equal([0, 1, 2, 3], cameras!.Select(camera => camera.View));
        Assert.All(cameras!, camera => Assert.Equal(10, camera.Tokens));
        Assert.All(cameras!, camera => Assert.InRange(camera.ClockOffset, 0, 1));
        var snapshot = await silo.Client.GetFromJsonAsync<SceneSnapshot>("/v1/scenes/yard", JtfaJson.Options, Cancel);
        Assert.Equal(cameras!.Sum(camera => camera.OnTime), snapshot!.Windows.Sum(window => window.OnTime.Length));
        Assert.Equal(cameras!.Sum(camera => camera.Late), snapshot.Windows.Sum(window => window.Late.Length));
        Assert.Equal(cameras!.Sum(camera => camera.OnTime), snapshot.Statistics.Tokens);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_policy_that_is_put_holds_and_is_told()
    {
        await using var silo = await HttpSilo.StartAsync();
        var wanted = new ScenePolicy { K = 2, N = 5, T = TimeSpan.FromMilliseconds(80.5), W = TimeSpan.FromMilliseconds(40), Beta = 2.5 };

        var put = await silo.Client.PutAsJsonAsync("/v1/scenes/yard/policy", wanted, JtfaJson.Options, Cancel);
        var routing = await put.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<SceneRouting>(JtfaJson.Options, Cancel);

        Assert.Equal((wanted, 1), (routing!.Current, routing.Version));
        Assert.Equal(wanted, await silo.Client.GetFromJsonAsync<ScenePolicy>("/v1/scenes/yard/policy", JtfaJson.Options, Cancel));
        Assert.Equal(wanted, (await silo.Grain().GetRoutingAsync(Cancel)).Current);
        Assert.Equal(3, (await silo.Client.GetFromJsonAsync<ScenePolicy>("/v1/scenes/gate/policy", JtfaJson.Options, Cancel))!.K);
    }

    [Fact(Timeout = 60_000)]
    public async Task Queries_page_through_what_their_filters_leave_once()
    {
        await using var silo = await HttpSilo.StartAsync();
        await FillAsync(silo);
        var expected = Enumerable.Range(0, 100).Select(id => HttpSilo.Made(id))
            .Where(one => one is { Cause: Core.FireCause.K, Gt: >= 0, Correct: false }).Select(one => one.Id).ToList();

        var found = new List<long>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await silo.Client.GetFromJsonAsync<DecisionPage>(
                $"/v1/scenes/yard/decisions?cause=K&correct=false&order=oldest&limit=7&cursor={cursor}", JtfaJson.Options, Cancel);
            found.AddRange(page!.Decisions.Select(decision => decision.Id));
            cursor = page.Next;
        }

        Assert.NotEmpty(expected);
        Assert.Equal(expected, found);
    }

    [Fact(Timeout = 60_000)]
    public async Task Probes_tell_of_health_and_the_page_is_there()
    {
        await using var silo = await HttpSilo.StartAsync();
        Assert.Equal("Healthy", await silo.Client.GetStringAsync("/healthz", Cancel));
        Assert.StartsWith("Healthy", await silo.Client.GetStringAsync("/readyz", Cancel), StringComparison.Ordinal);
        Assert.True((await silo.Client.GetAsync("/", Cancel)).IsSuccessStatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Statistics_may_go_back_to_the_beginning_of_time()
    {
        await using var silo = await HttpSilo.StartAsync();
        Assert.True((await silo.Client.GetAsync("/v1/scenes/yard/statistics?to=0001-01-01T00:00:00Z", Cancel)).IsSuccessStatusCode);
    }

    internal static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> holds)
    {
        while (true)
        {
            var answer = await ask();
            if (holds(answer)) return answer;
            await Task.Yield(); // asked again until the test's time is over
            Cancel.ThrowIfCancellationRequested();
        }
    }

    // A hundred decisions in the log, and a camera.
    private static async Task FillAsync(HttpSilo silo)
    {
        await silo.DecideAsync(0, 100);
        silo.Sender().Send(5_000, 1, scene: HttpSilo.Scene);
        await UntilAsync(
            () => silo.Client.GetFromJsonAsync<DecisionPage>(
                "/v1/scenes/yard/decisions?limit=1000&toId=99", JtfaJson.Options, Cancel), page => page!.Decisions.Length == 100);
        await UntilAsync(
            () => silo.Client.GetFromJsonAsync<CameraHealth[]>(
                "/v1/scenes/yard/cameras", JtfaJson.Options, Cancel), cameras => cameras!.Length > 0);
    }
}
