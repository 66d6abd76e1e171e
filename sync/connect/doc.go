// Package connect is the contract between the engine and a connector: what a source or a destination must say of
// itself (Spec), take (Settings), do (Source, Destination and the small optional powers) and answer (Outcome).
//
// It must not know any vendor, transport or store. A connector is proven against it by connecttest.
package connect
