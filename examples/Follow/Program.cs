using Jtfa.Client;
using Jtfa.Interfaces;

// Beside ./jtfa demo or ./jtfa silo: dotnet run --project examples/Follow [URL [TOKEN]]. Ctrl-C ends it.
using var jtfa = new HttpJtfaClient(
    args is [var url, ..] ? new Uri(url) : HttpJtfaClient.DefaultAddress, args is [_, var token, ..] ? token : null);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};

try
{
    var scenes = await jtfa.GetScenesAsync(stop.Token);
    foreach (var scene in scenes)
        foreach (var camera in await jtfa.GetCamerasAsync(scene.Scene, stop.Token))
            Console.WriteLine($"{scene.Scene}: view {camera.View} ({camera.Camera ?? "no name"}) is {camera.Timing}");
    var k = (await jtfa.GetPolicyAsync(scenes[0].Scene, stop.Token)).K;
    await await Task.WhenAny(PrintAsync(scenes[0].Scene), SteerAsync(scenes[0].Scene, k)); // neither ends but by a fault
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    // Ctrl-C.
}

async Task PrintAsync(string scene)
{
    await foreach (var decision in jtfa.FollowAsync(scene, cancellationToken: stop.Token))
        Console.WriteLine(
            $"{decision.Id}: class {decision.Pred} ({decision.Confidence:P0}) by {decision.Cause} from views " +
            $"{string.Join(' ', decision.Views)}");
}

// Whoever is missing is not waited for: K is what it was at first, but no more than the cameras that send.
async Task SteerAsync(string scene, int most)
{
    using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
    for (var k = most; await timer.WaitForNextTickAsync(stop.Token);)
    {
        try
        {
            var sending = (await jtfa.GetCamerasAsync(scene, stop.Token)).Count(camera => camera.Timing != CameraTiming.Missing);
            if (Math.Clamp(sending, 1, most) == k) continue;
            var policy = await jtfa.GetPolicyAsync(scene, stop.Token); // somebody may have set T, W or β
            await jtfa.SetPolicyAsync(scene, policy with { K = Math.Clamp(sending, 1, most) }, stop.Token);
            k = Math.Clamp(sending, 1, most);
            Console.WriteLine($"{sending} cameras send: K = {k}");
        }
        catch (JtfaUnavailableException fault)
        {
            Console.WriteLine($"not steered, tried again: {fault.Message}");
        }
    }
}
