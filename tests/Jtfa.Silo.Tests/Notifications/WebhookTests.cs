using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Notifications;

/// <summary>Decisions at a real HTTP server.</summary>
[Collection(WholeSilo.Name)]
public sealed class WebhookTests
{
    private const string Secret = "correct horse battery";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Decisions_are_posted_as_the_API_has_them_signed_and_in_order()
    {
        await using var hook = await Hook.StartAsync(_ => StatusCodes.Status204NoContent);
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Webhook:Url", hook.Url), ("Jtfa:Webhook:Secret", Secret));
        await silo.DecideAsync(0, 20);
        await Condition.HoldsAsync(() => silo.Notifier.Counters.Sent, sent => sent == 20, "all posted");

        var posts = hook.Posts.ToArray();
        Assert.Equal(Enumerable.Range(0, 20), posts.Select(post => (int)JsonNode.Parse(post.Body)!["id"]!));
        var asked = JsonNode.Parse(await silo.Client.GetStringAsync($"v1/scenes/{HttpSilo.Scene}/decisions/7", Cancel))!;
        Assert.True(JsonNode.DeepEquals(asked, JsonNode.Parse(posts[7].Body)), posts[7].Body);
        Assert.All(posts, post => Assert.Equal(
            $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(post.Body)))}",
            post.Signature));
        Assert.All(posts, post => Assert.Equal("application/json; charset=utf-8", post.ContentType));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_may_pass_is_posted_again_and_what_is_refused_is_dropped()
    {
        // The first is away twice; the second is not wanted.
        var answers = new ConcurrentQueue<int>([503, 429, 200, 400]);
        await using var hook = await Hook.StartAsync(_ => answers.TryDequeue(out var status) ? status : 200);
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Webhook:Url", $"{hook.Url}?key=swordfish"));
        await silo.DecideAsync(0, 3);
        await Condition.HoldsAsync(() => silo.Notifier.Counters.Sent, sent => sent == 2, "two are taken");
        Assert.Equal([0, 0, 0, 1, 2], hook.Posts.Select(post => (int)JsonNode.Parse(post.Body)!["id"]!));
        Assert.Equal((1, 3), (silo.Notifier.Counters.Dropped, silo.Notifier.Counters.Failures));
        Assert.All(hook.Posts, post => Assert.Null(post.Signature));
        Assert.DoesNotContain(
            silo.Log.From(LogLevel.Information, "Jtfa"), line => line.Contains("swordfish", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_never_answers_holds_nobody_up()
    {
        await using var hook = await Hook.StartAsync(async context =>
        {
            var gone = new TaskCompletionSource();
            context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            return 200;
        });
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Webhook:Url", hook.Url), ("Jtfa:Webhook:QueueLimit", "10"));
        await silo.DecideAsync(0, 1);
        await Condition.HoldsAsync(() => hook.Posts.Count, posts => posts == 1, "posted");
        await silo.DecideAsync(1, 200);
        Assert.Equal((0, 190), (silo.Notifier.Counters.Sent, silo.Notifier.Counters.Dropped));
    }

    private sealed record Post(string Body, string? Signature, string? ContentType);

    private sealed class Hook(WebApplication application) : IAsyncDisposable
    {
        public ConcurrentQueue<Post> Posts { get; } = new();

        public string Url => $"{application.Urls.First()}/hook";

        public static Task<Hook> StartAsync(Func<HttpContext, int> answer) =>
            StartAsync(context => Task.FromResult(answer(context)));

        public static async Task<Hook> StartAsync(Func<HttpContext, Task<int>> answer)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            var application = builder.Build();
            var hook = new Hook(application);
            application.Run(async context =>
            {
                using var reader = new StreamReader(context.Request.Body);
                var body = await reader.ReadToEndAsync(context.RequestAborted);
                hook.Posts.Enqueue(new Post(body, context.Request.Headers["X-Jtfa-Signature"], context.Request.ContentType));
                context.Response.StatusCode = await answer(context);
            });
            await application.StartAsync(Cancel);
            return hook;
        }

        public async ValueTask DisposeAsync() => await application.DisposeAsync();
    }
}
