<?php

namespace Bench;

use Closure;
use Highper\Http\Request;
use Highper\Http\Response;

/** The middleware of the design's example: it reads a clock and sets a header. */
final class ServerTiming
{
    public function __invoke(Request $request, Closure $next): Response
    {
        $start = hrtime(true);
        return $next($request)->withHeader('Server-Timing', 'app;dur=' . (hrtime(true) - $start) / 1e6);
    }
}
