<?php

declare(strict_types=1);

namespace App;

use Closure;
use Highper\Http\Request;
use Highper\Http\Response;

final class ServerTiming
{
    public function __invoke(Request $req, Closure $next): Response
    {
        $t = hrtime(true);

        return $next($req)->withHeader('Server-Timing', 'app;dur=' . (hrtime(true) - $t) / 1e6);
    }
}
