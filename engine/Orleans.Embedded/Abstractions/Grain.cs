using Orleans.Runtime;

namespace Orleans
{
    /// <summary>Base of all grain interfaces.</summary>
    public interface IGrain : IAddressable;

    /// <summary>Base of grain interfaces whose key is a string.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>What every grain class implements.</summary>
    public interface IGrainBase
    {
        /// <summary>The activation that this object is the grain of.</summary>
        IGrainContext GrainContext { get; }

        /// <summary>Runs as the activation's first turn, after persistent state was read. A failure fails the calls that wait for it.</summary>
        Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        /// <summary>Runs as the activation's last turn.</summary>
        Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Base of grain classes. Only the engine constructs them.</summary>
    public abstract class Grain : IGrainBase, IAddressable
    {
        /// <summary>Takes the context of the activation that is being constructed.</summary>
        /// <exception cref="InvalidOperationException">Constructed by anything but the engine.</exception>
        protected Grain() => GrainContext = Activation.Current
            ?? throw new InvalidOperationException($"{GetType().Name} is a grain: get a reference from IGrainFactory.GetGrain.");

        /// <inheritdoc />
        public IGrainContext GrainContext { get; }

        /// <summary>Makes references to grains.</summary>
        protected IGrainFactory GrainFactory => ((Activation)GrainContext).Catalog.GrainFactory;

        /// <summary>The activation's services.</summary>
        protected internal IServiceProvider ServiceProvider => GrainContext.ActivationServices;

        /// <inheritdoc />
        public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        /// <inheritdoc />
        public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

        /// <summary>Deactivates this activation once it runs no request.</summary>
        protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

        /// <summary>Keeps idle collection off for a time.</summary>
        protected void DelayDeactivation(TimeSpan timeSpan) => ((Activation)GrainContext).DelayDeactivation(timeSpan);
    }

    /// <summary>What a grain asks of its activation.</summary>
    public static class GrainBaseExtensions
    {
        /// <summary>Deactivates the activation once it runs no request.</summary>
        public static void DeactivateOnIdle(this IGrainBase grain) => grain.GrainContext.Deactivate(
            new(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

        /// <summary>Starts a timer whose ticks run as turns of the grain, discarded when it deactivates.</summary>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options) =>
            new GrainTimer((Activation)grain.GrainContext, token => callback(state, token), options);

        /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
        public static IGrainTimer RegisterGrainTimer(
            this IGrainBase grain, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options) =>
            new GrainTimer((Activation)grain.GrainContext, callback, options);
    }

    /// <summary>Keys of grains.</summary>
    public static class GrainExtensions
    {
        /// <summary>The key of a grain reference.</summary>
        public static string GetPrimaryKeyString(this IAddressable grain) => grain.GetGrainId().Key;

        /// <summary>The identity of a grain or of a reference to one.</summary>
        public static GrainId GetGrainId(this IAddressable grain) => grain switch
        {
            IGrainBase activated => activated.GrainContext.GrainId,
            GrainReference reference => reference.GrainId,
            _ => throw new ArgumentException($"{grain.GetType()} is neither a grain nor a reference to one.", nameof(grain)),
        };
    }

    /// <summary>Makes references to grains. A reference costs nothing: the grain is activated by the first call.</summary>
    public interface IGrainFactory
    {
        /// <summary>A reference to the grain of a key.</summary>
        TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithStringKey;
    }

    /// <summary>What a client of the silo holds; in one process it is the silo's own factory.</summary>
    public interface IClusterClient : IGrainFactory
    {
        /// <summary>The services of the client's host.</summary>
        IServiceProvider ServiceProvider { get; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>Anything with a grain's identity.</summary>
    public interface IAddressable;

    /// <summary>Identity of a grain.</summary>
    /// <param name="Type">Its class's name, lower case, without "Grain".</param>
    /// <param name="Key">Its key.</param>
    public readonly record struct GrainId(string Type, string Key)
    {
        /// <inheritdoc />
        public override string ToString() => $"{Type}/{Key}";
    }

    /// <summary>One activation of a grain, as its code sees it.</summary>
    public interface IGrainContext
    {
        /// <summary>The grain's identity.</summary>
        GrainId GrainId { get; }

        /// <summary>Services scoped to this activation.</summary>
        IServiceProvider ActivationServices { get; }

        /// <summary>Deactivates the activation once it runs no request.</summary>
        void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
    }

    /// <summary>Why an activation ends.</summary>
    public enum DeactivationReasonCode : byte
    {
        /// <summary>No reason was given.</summary>
        None,

        /// <summary>The silo stops.</summary>
        ShuttingDown,

        /// <summary>Activation failed.</summary>
        ActivationFailed,

        /// <summary>It was idle for longer than its collection age.</summary>
        ActivationIdle,

        /// <summary>The grain failed in a way that its activation cannot go on from.</summary>
        ApplicationError,

        /// <summary>The grain asked for it.</summary>
        ApplicationRequested,
    }

    /// <summary>Why an activation ends, and in words.</summary>
    public readonly struct DeactivationReason(DeactivationReasonCode code, string text)
    {
        /// <summary>The reason.</summary>
        public DeactivationReasonCode ReasonCode { get; } = code;

        /// <summary>The same in words.</summary>
        public string Description { get; } = text;
    }

    /// <summary>A timer of a grain.</summary>
    public interface IGrainTimer : IDisposable
    {
        /// <summary>Sets when it is due next and how often after that; <see cref="Timeout.InfiniteTimeSpan"/> is never.</summary>
        void Change(TimeSpan dueTime, TimeSpan period);
    }

    /// <summary>How a grain timer behaves.</summary>
    public readonly struct GrainTimerCreationOptions()
    {
        /// <summary>Due after <paramref name="dueTime"/>, then every <paramref name="period"/>.</summary>
        [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
        public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
            : this() => (DueTime, Period) = (dueTime, period);

        /// <summary>Time until the first tick.</summary>
        public required TimeSpan DueTime { get; init; }

        /// <summary>Time between the end of a tick and the next.</summary>
        public required TimeSpan Period { get; init; }

        /// <summary>Whether ticks interleave with requests.</summary>
        public bool Interleave { get; init; }

        /// <summary>Whether a tick counts as use, so that the activation is not idle.</summary>
        public bool KeepAlive { get; init; }
    }

    /// <summary>State of a grain that outlives its activations. Injected by <see cref="PersistentStateAttribute"/>.</summary>
    public interface IPersistentState<TState> : Core.IStorage<TState>;

    /// <summary>On a constructor parameter of type <see cref="IPersistentState{TState}"/>: its name and storage.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute
    {
        /// <summary>Name of the state within its grain.</summary>
        public string StateName { get; } = stateName;

        /// <summary>Name of the storage provider; null is the default one.</summary>
        public string? StorageName { get; } = storageName;
    }
}

namespace Orleans.Core
{
    /// <summary>Access to stored state.</summary>
    public interface IStorage
    {
        /// <summary>Version that the storage last gave; null when it holds none.</summary>
        string? Etag { get; }

        /// <summary>Whether the storage holds a record.</summary>
        bool RecordExists { get; }

        /// <summary>Clears the record and resets the state.</summary>
        Task ClearStateAsync();

        /// <summary>Writes the state.</summary>
        /// <exception cref="Orleans.Storage.InconsistentStateException">Someone else wrote since it was read.</exception>
        Task WriteStateAsync();

        /// <summary>Reads the state again.</summary>
        Task ReadStateAsync();

        /// <inheritdoc cref="ClearStateAsync()"/>
        Task ClearStateAsync(CancellationToken cancellationToken) => ClearStateAsync();

        /// <inheritdoc cref="WriteStateAsync()"/>
        Task WriteStateAsync(CancellationToken cancellationToken) => WriteStateAsync();

        /// <inheritdoc cref="ReadStateAsync()"/>
        Task ReadStateAsync(CancellationToken cancellationToken) => ReadStateAsync();
    }

    /// <summary>Access to stored state of a type.</summary>
    public interface IStorage<TState> : IStorage
    {
        /// <summary>The state in memory.</summary>
        TState State { get; set; }
    }
}
