<?php

declare(strict_types=1);

namespace Notes;

use Closure;
use Highper\Http\Request;
use Highper\Http\Response;

/** Tells the browser's network panel how long the application took. */
final class ServerTiming
{
    public function __invoke(Request $request, Closure $next): Response
    {
        $start = hrtime(true);

        return $next($request)->withHeader('Server-Timing', 'app;dur=' . (hrtime(true) - $start) / 1e6);
    }
}
