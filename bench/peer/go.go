// SPDX-License-Identifier: MIT
// Go: goroutines spawned and waited for, yielding, ping-pong, timers, and what an idle one takes.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const tasks = 1000

type row struct {
	name, param string
	run         func(quick bool) float64
}

// measure is what measure.h's function of that name is.
func measure(quick bool, batch func(count int), ops float64) float64 {
	least := 50 * time.Millisecond
	if quick {
		least = 0
	}
	once := func(count int) time.Duration {
		from := time.Now()
		batch(count)
		return time.Since(from)
	}
	count := 1
	for once(count) < least {
		count *= 2
	}
	var took []time.Duration
	for i := 0; i < 3; i++ {
		took = append(took, once(count))
	}
	sort.Slice(took, func(i, k int) bool { return took[i] < took[k] })
	return float64(took[1]) / (float64(count) * ops)
}

func cpu() float64 {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return float64(r.Utime.Nano() + r.Stime.Nano())
}

func spawnJoin(threads int) func(bool) float64 {
	return func(quick bool) float64 {
		runtime.GOMAXPROCS(threads)
		return measure(quick, func(count int) {
			var all sync.WaitGroup
			for ; count > 0; count-- {
				all.Add(tasks)
				for i := 0; i < tasks; i++ {
					go all.Done()
				}
				all.Wait()
			}
		}, tasks)
	}
}

func yield(quick bool) float64 {
	runtime.GOMAXPROCS(1)
	return measure(quick, func(count int) {
		var all sync.WaitGroup
		all.Add(tasks)
		for i := 0; i < tasks; i++ {
			go func() {
				for k := 0; k < count; k++ {
					runtime.Gosched()
				}
				all.Done()
			}()
		}
		all.Wait()
	}, tasks)
}

// pingpong: across threads, each of the two goroutines is bound to a thread of its own.
func pingpong(threads int) func(bool) float64 {
	return func(quick bool) float64 {
		runtime.GOMAXPROCS(threads)
		return measure(quick, func(count int) {
			there, back := make(chan struct{}), make(chan struct{})
			done := make(chan struct{})
			go func() {
				if threads > 1 {
					runtime.LockOSThread()
				}
				for i := 0; i < count; i++ {
					<-there
					back <- struct{}{}
				}
				done <- struct{}{}
			}()
			go func() {
				if threads > 1 {
					runtime.LockOSThread()
				}
				for i := 0; i < count; i++ {
					there <- struct{}{}
					<-back
				}
				done <- struct{}{}
			}()
			<-done
			<-done
		}, 1)
	}
}

func createCancel(quick bool) float64 {
	runtime.GOMAXPROCS(1)
	return measure(quick, func(count int) {
		for ; count > 0; count-- {
			time.AfterFunc(time.Hour, func() {}).Stop()
		}
	}, 1)
}

func fire(quick bool) float64 {
	runtime.GOMAXPROCS(1)
	count, lead := 100000, 500*time.Millisecond
	if quick {
		count, lead = 1000, 50*time.Millisecond
	}
	var all sync.WaitGroup
	all.Add(count)
	first := time.Now().Add(lead)
	for i := 0; i < count; i++ {
		due := first.Add(time.Duration(i) * 10 * time.Microsecond)
		go func() {
			time.Sleep(time.Until(due))
			all.Done()
		}()
	}
	for i := 0; i < 10; i++ {
		runtime.Gosched()
	}
	from := cpu()
	all.Wait()
	return (cpu() - from) / float64(count)
}

func idleBytes(quick bool) float64 {
	count := int64(100000)
	if quick {
		count = 1000
	}
	var before, after runtime.MemStats
	var waiting int64
	stop := make(chan struct{})
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := int64(0); i < count; i++ {
		go func() {
			atomic.AddInt64(&waiting, 1)
			<-stop
		}()
	}
	for atomic.LoadInt64(&waiting) < count {
		time.Sleep(time.Millisecond)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	close(stop)
	bytes := after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse
	return float64(bytes) / float64(count)
}

// resident is what resident.h's function of that name is.
func resident() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	sum := 0.0
	for _, line := range strings.Split(string(text), "\n") {
		var kb float64
		for _, name := range []string{"VmRSS:", "VmPTE:"} {
			if n, _ := fmt.Sscanf(line, name+" %f", &kb); n == 1 {
				sum += kb * 1024
			}
		}
	}
	return sum
}

//go:noinline
func waitDeep(frames int, waiting *int64, stop chan struct{}) {
	if frames > 1 {
		waitDeep(frames-1, waiting, stop)
		return
	}
	atomic.AddInt64(waiting, 1)
	<-stop
}

func idleResident(quick bool) float64 {
	count := int64(100000)
	if quick {
		count = 1000
	}
	var waiting int64
	stop := make(chan struct{})
	runtime.GC()
	before := resident()
	for i := int64(0); i < count; i++ {
		go waitDeep(4, &waiting, stop)
	}
	for atomic.LoadInt64(&waiting) < count {
		time.Sleep(time.Millisecond)
	}
	bytes := resident() - before
	close(stop)
	return bytes / float64(count)
}

func main() {
	rows := []row{
		{"spawn_join", "w1b1000", spawnJoin(1)},
		{"spawn_join", "t2b1000", spawnJoin(2)},
		{"yield", "w1n1000", yield},
		{"pingpong", "t1", pingpong(1)},
		{"pingpong", "x", pingpong(2)},
		{"timer", "create_cancel", createCancel},
		{"timer", "fire_cpu_10us", fire},
		{"idle_bytes", "task", idleBytes},
		{"spawn_join", "co_w1b1000", spawnJoin(1)},
		{"spawn_join", "co_t2b1000", spawnJoin(2)},
		{"yield", "co_w1n1000", yield},
		{"idle_bytes", "co", idleResident},
	}
	quick := len(os.Args) == 4 && os.Args[3] == "--quick"
	for _, r := range rows {
		if len(os.Args) == 2 && os.Args[1] == "--list" {
			fmt.Printf("%s,%s\n", r.name, r.param)
		} else if (len(os.Args) == 3 || quick) && os.Args[1] == r.name && os.Args[2] == r.param {
			fmt.Printf("%.2f\n", r.run(quick))
			return
		}
	}
	if len(os.Args) != 2 {
		os.Exit(2)
	}
}
