namespace Jtfa.Silo.Cameras.Vision;

/// <summary>The models that a process's cameras use, each loaded once and disposed of when the last camera gives it back.</summary>
public sealed class VisionModels
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Shared> _models = new(StringComparer.Ordinal);

    /// <summary>Models loaded now.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _models.Count;
        }
    }

    /// <summary>Takes the model of a folder, loading it when nobody else uses it.</summary>
    /// <param name="folder">The folder of model.json.</param>
    /// <returns>The model, to be given back by disposing the lease.</returns>
    /// <exception cref="CameraFaultException">The model cannot be loaded.</exception>
    public VisionModelLease Acquire(string folder)
    {
        var path = Path.GetFullPath(folder);
        Shared? shared;
        lock (_lock)
        {
            if (!_models.TryGetValue(path, out shared)) _models[path] = shared = new Shared(path);
            shared.Users++;
        }
        try
        {
            return new VisionModelLease(shared.Model.Value, () => Release(shared)); // loaded outside the lock: others need not wait
        }
        catch
        {
            Release(shared);
            throw;
        }
    }

    private void Release(Shared shared)
    {
        lock (_lock)
        {
            if (--shared.Users > 0) return;
            _models.Remove(shared.Path);
        }
        if (shared.Model.IsValueCreated) shared.Model.Value.Dispose();
    }

    private sealed class Shared(string path)
    {
        public string Path { get; } = path;

        public Lazy<VisionModel> Model { get; } = new(() => VisionModel.Load(path));

        public int Users { get; set; }
    }
}

/// <summary>One camera's use of a shared model.</summary>
public sealed class VisionModelLease : IDisposable
{
    private Action? _release;

    internal VisionModelLease(VisionModel model, Action release)
    {
        Model = model;
        _release = release;
    }

    /// <summary>The model.</summary>
    public VisionModel Model { get; }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
