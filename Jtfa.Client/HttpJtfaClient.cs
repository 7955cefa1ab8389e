using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Jtfa.Interfaces;
using Microsoft.Extensions.AI;

namespace Jtfa.Client;

/// <summary>Asks a silo by HTTP, from anywhere.</summary>
public sealed class HttpJtfaClient : IJtfaClient, ILanguageClient, IDisposable
{
    /// <summary>Where a silo serves HTTP unless it is configured otherwise.</summary>
    public static readonly Uri DefaultAddress = new("http://127.0.0.1:5080");

    private const int Remembered = 4_096;

    private readonly HttpJtfaOptions _options;
    private readonly HttpClient? _own;
    private readonly HttpCalls _calls;

    /// <summary>A client of the silo at an address; nothing is sent yet.</summary>
    /// <param name="address">The silo's URL, such as http://fusion.local:5080.</param>
    /// <param name="token">The token that the silo wants; null when it wants none.</param>
    /// <exception cref="ArgumentException">The address is no http or https URL, or names a user.</exception>
    public HttpJtfaClient(Uri address, string? token = null)
        : this(address, new HttpJtfaOptions { Token = token })
    {
    }

    /// <summary>A client of the silo at an address, with options; nothing is sent yet.</summary>
    /// <exception cref="ArgumentException">The address is no http or https URL, or names a user.</exception>
    public HttpJtfaClient(Uri address, HttpJtfaOptions options)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(options);
        // The message leaves out the address, which may have a password in it.
        if (address is { IsAbsoluteUri: true, UserInfo.Length: > 0 })
            throw new ArgumentException("The silo's URL names a user: allowed are scheme, host, port and path; a silo takes a token");
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"'{address}': allowed is a URL such as {DefaultAddress.GetLeftPart(UriPartial.Authority)}");
        _options = options;
        if (options.Http is null) _own = MakeHttp(options);
        _calls = new HttpCalls(options.Http ?? _own!, address, options);
    }

    /// <summary>Whether the silo is ready (neither starting nor stopping), and the text of its answer.</summary>
    public async Task<(bool Ready, string Text)> GetReadinessAsync(CancellationToken cancellationToken = default)
    {
        var (status, text) = await _calls.AskAsync("readyz", cancellationToken);
        return (status == HttpStatusCode.OK, text);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SceneDescription>> GetScenesAsync(CancellationToken cancellationToken = default) =>
        await _calls.GetAsync<SceneDescription[]>("v1/scenes", cancellationToken);

    /// <inheritdoc/>
    public Task<SceneSnapshot> GetSnapshotAsync(string scene, SnapshotSpan? span = null, CancellationToken cancellationToken = default)
    {
        var (seconds, windows, decisions, events) = span ?? IJtfaClient.DefaultSpan;
        return _calls.GetAsync<SceneSnapshot>(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Path(scene)}?seconds={seconds}&windows={windows}&decisions={decisions}&events={events}"),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ScenePolicy> GetPolicyAsync(string scene, CancellationToken cancellationToken = default) =>
        _calls.GetAsync<ScenePolicy>($"{Path(scene)}/policy", cancellationToken);

    /// <inheritdoc/>
    public Task<SceneRouting> SetPolicyAsync(string scene, ScenePolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return _calls.PutAsync<SceneRouting>($"{Path(scene)}/policy", policy, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CameraHealth>> GetCamerasAsync(string scene, CancellationToken cancellationToken = default) =>
        await _calls.GetAsync<CameraHealth[]>($"{Path(scene)}/cameras", cancellationToken);

    /// <inheritdoc/>
    public async Task<SceneStatistics> GetStatisticsAsync(string scene, CancellationToken cancellationToken = default) =>
        (await GetSnapshotAsync(scene, new SnapshotSpan(0, 0, 0), cancellationToken)).Statistics;

    /// <inheritdoc/>
    public Task<SpanStatistics> GetStatisticsAsync(
        string scene, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken = default) =>
        _calls.GetAsync<SpanStatistics>($"{Path(scene)}/statistics{QueryText.Format([("from", from), ("to", to)])}", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SceneMinute>> GetMinutesAsync(MinuteQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var parameters = QueryText.Format([("from", query.From), ("to", query.To), ("limit", query.Limit)]);
        return await _calls.GetAsync<SceneMinute[]>($"{Path(query.Scene)}/minutes{parameters}", cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Decision?> GetDecisionAsync(string scene, long id, CancellationToken cancellationToken = default)
    {
        var found = await _calls.FindAsync<Decision>(
            string.Create(CultureInfo.InvariantCulture, $"{Path(scene)}/decisions/{id}"), cancellationToken);
        // The silo answers the same for an unknown scene, so a request about the scene alone tells which of the two it is.
        if (found is null) await GetPolicyAsync(scene, cancellationToken);
        return found;
    }

    /// <summary>The plan that would be made for a language model now, or what a given one is expected to do.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="sequences">Sequences that run at once, 1 or more.</param>
    /// <param name="goal">What counts.</param>
    /// <param name="plan">A plan as <see cref="PlanText"/> writes it; null: the best one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="JtfaNotFoundException">There is no such model.</exception>
    /// <exception cref="JtfaInvalidValueException">A number or the plan is not valid.</exception>
    public Task<PlanProposal> ProposePlanAsync(
        string model, int sequences = 1, PlanGoal goal = PlanGoal.Throughput, string? plan = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        var query = QueryText.Format([("sequences", sequences), ("goal", goal), ("plan", plan)]);
        return _calls.GetAsync<PlanProposal>($"v1/language/models/{Uri.EscapeDataString(model)}/plan{query}", cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Decision> QueryAsync(DecisionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var path = query.Scene is { } scene ? Path(scene) : "v1";
        return DecisionPages.ReadAsync(
            query, (page, token) => _calls.GetAsync<DecisionPage>($"{path}/decisions{QueryText.Format(page)}", token), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Decision> FollowAsync(
        string scene, DecisionPosition? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var path = $"{Path(scene)}/decisions/live";
        var seen = new RecentKeys(Remembered);
        if (after is not null) seen.Add(after.Key);
        var backoff = new Backoff(_options.FirstDelay, _options.MaxDelay, _options.Clock);
        var report = new ConnectionReport(scene, _options.FollowerConnected);
        while (true)
        {
            await using (var events = await ConnectAsync(path, after, backoff, report, cancellationToken))
            {
                // If the first connection breaks before its first decision, the next one goes on from the time when the first began.
                after ??= events.AnsweredAt is { } began ? DecisionPosition.At(began.ToUnixTimeSeconds()) : null;
                report.Tell(isConnected: true);
                while (await events.NextAsync() is { } decision)
                {
                    backoff.Reset();
                    after = DecisionPosition.FromDecision(decision);
                    if (seen.Add(decision.Key)) yield return decision;
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }

            report.Tell(isConnected: false);
            await backoff.WaitAsync(null, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ModelStatus>> GetModelsAsync(CancellationToken cancellationToken = default) =>
        [.. (await _calls.GetAsync<ListedModels>("v1/models", cancellationToken)).Data.Select(model => model.Status)];

    /// <inheritdoc/>
    public async Task<ModelStatus> GetModelAsync(string model, CancellationToken cancellationToken = default) =>
        (await _calls.GetAsync<ListedModel>(ModelPath(model), cancellationToken)).Status;

    /// <inheritdoc/>
    public async Task<ModelStatus> LoadModelAsync(string model, CancellationToken cancellationToken = default)
    {
        var backoff = new Backoff(_options.FirstDelay, _options.MaxDelay, _options.Clock);
        while (true)
        {
            try
            {
                return (await _calls.PostOnceAsync<ListedModel>($"{ModelPath(model)}/load", cancellationToken)).Status;
            }
            catch (JtfaUnavailableException fault) when (fault is { MayPass: true, NobodyAnswers: false })
            {
                // A large file takes longer than a request may.
                if ((await GetModelAsync(model, cancellationToken)).State != ModelState.Loading) throw;
            }

            await backoff.WaitAsync(null, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<ModelStatus> UnloadModelAsync(string model, CancellationToken cancellationToken = default) =>
        (await _calls.PostOnceAsync<ListedModel>($"{ModelPath(model)}/unload", cancellationToken)).Status;

    /// <inheritdoc/>
    public IChatClient GetChatClient(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return new HttpChatClient(this, _calls, _options, model);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatResponseUpdate> ContinueAsync(
        string model, string prompt, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return new HttpChatClient(this, _calls, _options, model).ContinueAsync(prompt, options, cancellationToken);
    }

    /// <inheritdoc/>
    public IEmbeddingGenerator<string, Embedding<float>> GetEmbeddingGenerator(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return new HttpEmbeddingGenerator(this, _calls, model);
    }

    /// <summary>Closes the connections that are this client's own.</summary>
    public void Dispose() => _own?.Dispose();

    private static HttpClient MakeHttp(HttpJtfaOptions options) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, // so that the token is sent to no other server
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // names are looked up again
        ConnectTimeout = options.RequestTimeout,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // each request has its own
    };

    private static string Path(string scene) => $"v1/scenes/{Escaped(scene, "a scene")}";

    private static string ModelPath(string model) => $"v1/models/{Escaped(model, "a model")}";

    private static string Escaped(string name, string kind)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        // In a URL, these are steps between folders.
        if (name is "." or "..") throw new ArgumentException($"'{name}' is no name of {kind}");
        return Uri.EscapeDataString(name);
    }

    // Later versions of the silo may send other events; this version ignores them.
    private static Decision? ParseDecision(string type, ReadOnlySpan<byte> data) =>
        type == "decision" ? JsonSerializer.Deserialize<Decision>(data, JtfaJson.Options) : null;

    private async Task<EventConnection<Decision>> ConnectAsync(
        string path, DecisionPosition? after, Backoff backoff, ConnectionReport report, CancellationToken cancellationToken)
    {
        var last = after?.ToString();
        while (true)
        {
            TimeSpan? wait;
            try
            {
                var response = await _calls.OpenEventsAsync(path, last, cancellationToken);
                return await EventConnection<Decision>.ReadAsync(_calls, response, ParseDecision, _options, cancellationToken);
            }
            catch (JtfaUnavailableException fault) when (fault.MayPass)
            {
                wait = fault.RetryAfter > _options.MaxRetryAfter ? _options.MaxRetryAfter : fault.RetryAfter;
            }

            report.Tell(isConnected: false);
            await backoff.WaitAsync(wait, cancellationToken);
        }
    }

    private sealed record ListedModels(ListedModel[] Data);

    private sealed record ListedModel(ModelStatus Status);
}

/// <summary>Tells a listener when one follower's connection is lost and when it is back, each change once.</summary>
internal sealed class ConnectionReport(string scene, Action<string, bool>? listener)
{
    private bool _isConnected = true;

    public void Tell(bool isConnected)
    {
        if (isConnected == _isConnected) return;
        _isConnected = isConnected;
        listener?.Invoke(scene, isConnected);
    }
}
