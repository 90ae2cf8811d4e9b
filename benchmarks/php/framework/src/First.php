<?php

namespace Bench;

use Closure;
use Highper\Http\Request;
use Highper\Http\Response;

/** A middleware that hands on. */
final class First
{
    public function __invoke(Request $request, Closure $next): Response
    {
        return $next($request);
    }
}
