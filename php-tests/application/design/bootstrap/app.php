<?php

declare(strict_types=1);

// Returns the application and never listens.

use App\Auth;
use App\Clock;
use App\CurrentUser;
use App\ServerTiming;
use App\SomePsr15Middleware;
use App\SystemClock;
use Highper\Application;
use Highper\Http\Request;

return Application::create(basePath: dirname(__DIR__))
    ->settings(['tasks' => 1])
    ->scan('App\\', 'src')
    ->middleware(ServerTiming::class, SomePsr15Middleware::class)
    ->bind(Clock::class, SystemClock::class)
    ->scoped(CurrentUser::class, fn (Request $r) => CurrentUser::of($r));
