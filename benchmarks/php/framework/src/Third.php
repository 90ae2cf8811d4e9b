<?php

namespace Bench;

use Closure;
use Highper\Http\Request;
use Highper\Http\Response;

/** A middleware that sets a header. */
final class Third
{
    public function __invoke(Request $request, Closure $next): Response
    {
        return $next($request)->withHeader('X-Third', 'yes');
    }
}
